package pth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
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

// where tells from the stack which place in the tree the machine was building: what stands on the stack is
// unfinished, the outermost at the bottom. Where a container takes many items, a mark lies between it
// and them; a single item follows it directly.
func (m *machine) where() string {
	var p path
	floor := 0
	for _, top := range append(slices.Clone(m.Marks), len(m.Stack)) {
		pending := m.Stack[floor:top]
		open := top < len(m.Stack)
		if floor == 0 {
			p.chain(pending)
		} else {
			p.level(m.Stack[floor-1].Value, pending, open)
		}
		floor = top
	}
	return p.String()
}

// level writes the step from the container below a mark to the first of the values above the mark that is
// unfinished. open tells that another mark follows them.
func (p *path) level(container any, pending []pickle.Slot, open bool) {
	i := 0
	if _, ok := container.(*Dict); ok {
		for i+1 < len(pending) && !unfinished(pending[i+1:], open) {
			i += 2
		}
		if i < len(pending) {
			p.key(pending[i].Value)
			p.chain(pending[i+1:])
		}
		return
	}
	for i < len(pending) && !unfinished(pending[i:], open) {
		i++
	}
	switch c := container.(type) {
	case *List:
		p.index(len(c.Items) + i)
	case *global, *Object: // their arguments aren't places in the tree
	default:
		p.index(i)
	}
	p.chain(pending[i:])
}

func (p *path) key(key any) { *p = append(*p, place{key: key, isKey: true}) }
func (p *path) index(i int) { *p = append(*p, place{index: i}) }

// chain writes the steps from an unfinished value to the single item behind it, and so on.
func (p *path) chain(pending []pickle.Slot) {
	for len(pending) > 1 && len(*p) < maxWhere {
		switch c := pending[0].Value.(type) {
		case *Dict:
			p.key(pending[1].Value)
			pending = pending[1:]
		case *List:
			p.index(len(c.Items))
		}
		pending = pending[1:]
	}
}

// unfinished tells whether the first of the pending values is the one that was being built. It is a guess where
// an empty list or dict is followed by what may be its only item or another value.
func unfinished(pending []pickle.Slot, open bool) bool {
	behind := pending[1:]
	switch v := pending[0].Value.(type) {
	case *global:
		return true
	case *Object:
		return !v.Call || len(behind) == 0
	case *Dict:
		if len(behind) == 0 || v.Len() > 0 {
			return len(behind) == 0
		}
		return isKey(behind[0].Value) && (len(behind) <= 2 || isCallable(behind[1].Value))
	case *List:
		return len(behind) == 0 || v.Len() == 0 && (len(behind) == 1 || isCallable(behind[0].Value))
	}
	return len(behind) == 0 && !open
}

// isKey tells whether a value is of a kind that keys are of.
func isKey(v any) bool {
	switch v.(type) {
	case *Dict, *List, *Set, ByteArray, *Array:
		return false
	}
	return true
}

// isCallable tells whether arguments follow a value on the stack.
func isCallable(v any) bool {
	o, ok := v.(*Object)
	_, isGlobal := v.(*global)
	return isGlobal || ok && !o.Call
}
