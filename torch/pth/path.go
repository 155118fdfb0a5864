package pth

import (
	"fmt"
	"strconv"
	"strings"
)

// A path leads from the root of a tree to one of its values.
type path []place

// A place is one step of a path: a key, an index or a note.
type place struct {
	key   any
	isKey bool
	index int // without isKey
}

// note is a step that is neither key nor index, such as " (attributes)".
type note string

// maxWhere is how long a path is in a message, about; the rest is left out.
const maxWhere = 500

func (p path) String() string {
	var b strings.Builder
	for _, at := range p {
		if b.Len() > maxWhere {
			b.WriteString("…")
			break
		}
		b.WriteString(at.String())
	}
	return b.String()
}

// String is the notation of a step: ".name" for a key that reads like it, else "[key]".
func (p place) String() string {
	if !p.isKey {
		return "[" + strconv.Itoa(p.index) + "]"
	}
	switch k := p.key.(type) {
	case note:
		return string(k)
	case string:
		short := k
		if len(k) > 80 {
			short = strings.ToValidUTF8(k[:77], "") + "…"
		}
		if k != "" && !strings.ContainsAny(short, " []\"\n") {
			return "." + short
		}
		return "[" + strconv.Quote(short) + "]"
	case int64, bool, float64:
		return fmt.Sprintf("[%v]", k)
	}
	return "[" + describe(p.key) + "]"
}

// step is the notation of a key.
func step(key any) string { return place{key: key, isKey: true}.String() }
