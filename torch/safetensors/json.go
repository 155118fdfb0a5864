package safetensors

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads the few kinds of JSON that a header is made of: objects of known depth, strings and whole
// numbers. So no header can make it recurse, and it keeps nothing.
type scanner struct {
	data []byte // valid UTF-8
	pos  int
}

// A text is a string as it stands between its quotes.
type text struct {
	raw     []byte
	escaped bool // it holds a backslash
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte that isn't a space, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// skip passes over c, and tells whether it was there.
func (s *scanner) skip(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) expect(c byte, where string) *Error {
	if s.skip(c) {
		return nil
	}
	return s.wrong("%q %s", c, where)
}

// wrong says what should be here.
func (s *scanner) wrong(want string, args ...any) *Error {
	at := 8 + s.pos
	if s.pos == len(s.data) {
		return errorf("the header ends at byte %d where it needs "+want, append([]any{at}, args...)...)
	}
	args = append(append([]any{at}, args...), s.data[s.pos:min(len(s.data), s.pos+16)])
	return errorf("the header (byte %d) needs "+want+", and goes on with %q", args...)
}

// text reads a string.
func (s *scanner) text(what string) (t text, err *Error) {
	if !s.skip('"') {
		return t, s.wrong("%s in quotes", what)
	}
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			t.raw = s.data[start:s.pos]
			s.pos++
			return t, nil
		case c < ' ':
			return t, errorf("the header (byte %d) has the control character %#x in a string", 8+s.pos, c)
		case c == '\\':
			t.escaped = true
			_, n := unescape(s.data[s.pos:])
			if n == 0 {
				return t, s.wrong("an escape of JSON")
			}
			s.pos += n - 1
		}
	}
	return t, s.wrong("the end of a string")
}

// pieces are the text with its escapes resolved, in order. Nothing is allocated for them.
func (t text) pieces(yield func([]byte) bool) {
	if !t.escaped {
		yield(t.raw)
		return
	}
	var room [utf8.UTFMax]byte
	for raw := t.raw; len(raw) > 0; {
		piece, n := raw, bytes.IndexByte(raw, '\\')
		switch {
		case n < 0:
			n = len(raw)
		case n > 0:
			piece = raw[:n]
		default:
			var r rune
			r, n = unescape(raw)
			piece = utf8.AppendRune(room[:0], r)
		}
		if !yield(piece) {
			return
		}
		raw = raw[n:]
	}
}

// is compares without an allocation.
func (t text) is(name string) bool {
	for piece := range t.pieces {
		if len(piece) > len(name) || string(piece) != name[:len(piece)] {
			return false
		}
		name = name[len(piece):]
	}
	return name == ""
}

// String is the text with its escapes resolved.
func (t text) String() string {
	if !t.escaped {
		return string(t.raw)
	}
	var b strings.Builder
	b.Grow(len(t.raw))
	for piece := range t.pieces {
		b.Write(piece)
	}
	return b.String()
}

// unescape reads the escape that b begins with, and its length: 0 if it is none.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	if b[1] != 'u' {
		if i := strings.IndexByte(`"\/bfnrt`, b[1]); i >= 0 {
			return rune("\"\\/\b\f\n\r\t"[i]), 2
		}
		return 0, 0
	}
	r, ok := hex4(b[2:])
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) < 8 || b[6] != '\\' || b[7] != 'u' {
		return 0, 0
	}
	low, ok := hex4(b[8:])
	r = utf16.DecodeRune(r, low)
	if !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a whole number that an int64 can hold.
func (s *scanner) number(what string) (int64, *Error) {
	c := s.peek()
	if c < '0' || c > '9' {
		return 0, s.wrong("%s, a whole number of 0 or more", what)
	}
	start, n := s.pos, int64(0)
	for ; s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9'; s.pos++ {
		d := int64(s.data[s.pos] - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, errorf("the header (byte %d) has a number of more than 63 bits as %s", 8+start, what)
		}
		n = 10*n + d
	}
	if c == '0' && s.pos > start+1 {
		s.pos = start
		return 0, s.wrong("%s, a number without leading zeros", what)
	}
	return n, nil
}

// literal passes over a word of JSON, and tells whether it was there.
func (s *scanner) literal(word string) bool {
	s.space()
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

// plain passes over a text, a whole number, a bool or null, and tells whether one of them was there.
func (s *scanner) plain() bool {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.text("a text")
		return err == nil
	case c >= '0' && c <= '9':
		_, err := s.number("a number")
		return err == nil
	}
	return s.literal("true") || s.literal("false") || s.literal("null")
}
