package exportfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Name is a class's name as JSON, byte for byte. JSON is text, and a name may be the name of a folder, which is bytes: one that
// isn't UTF-8, 0xff, stands there as the escape \udcff, which JSON has and no text contains. Python reads it as the
// string that os.listdir has for the same folder (its surrogateescape).
type Name string

const (
	firstEscaped = 0xdc80 // stands for the byte 0x80
	lastEscaped  = 0xdcff // and this for 0xff
)

// Names makes them of texts.
func Names(words []string) []Name {
	var names []Name
	for _, w := range words {
		names = append(names, Name(w))
	}
	return names
}

// MarshalJSON writes the name.
func (n Name) MarshalJSON() ([]byte, error) {
	out := []byte{'"'}
	for s := string(n); len(s) > 0; {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			out = fmt.Appendf(out, `\u%04x`, 0xdc00+int(s[0]))
		} else {
			quoted, err := json.Marshal(s[:size])
			if err != nil {
				return nil, err
			}
			out = append(out, quoted[1:len(quoted)-1]...)
		}
		s = s[size:]
	}
	return append(out, '"'), nil
}

// UnmarshalJSON reads what [name.MarshalJSON] or Python wrote.
func (n *Name) UnmarshalJSON(text []byte) error {
	if len(text) < 2 || text[0] != '"' {
		return errors.New("a class's name must be a text")
	}
	var out []byte
	for s := text[1 : len(text)-1]; len(s) > 0; {
		size := 1 // of a character, or of a pair of escapes that are one
		if s[0] == '\\' {
			size = 2
		}
		if code, ok := escaped(s); ok {
			if code >= firstEscaped && code <= lastEscaped {
				out, s = append(out, byte(code-0xdc00)), s[6:]
				continue
			}
			size = 6
			if _, second := escaped(s[6:]); second && code >= 0xd800 && code < 0xdc00 {
				size = 12
			}
		}
		for size < len(s) && !utf8.RuneStart(s[size]) {
			size++
		}
		var piece string
		if err := json.Unmarshal(append(append([]byte{'"'}, s[:size]...), '"'), &piece); err != nil {
			return err
		}
		out, s = append(out, piece...), s[size:]
	}
	*n = Name(out)
	return nil
}

// escaped is the code of the escape \uXXXX that s begins with, if it does.
func escaped(s []byte) (code uint64, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return code, err == nil
}
