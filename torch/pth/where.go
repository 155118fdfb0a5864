package pth

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// asError is err as an *Error.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err}
}

// where tells from the stack which place in the tree the machine was building: what stands on the stack is
// unfinished, the outermost at the bottom. Where a container takes many items, a mark lies between it
// and them; a single item follows it directly.
func (m *machine) where() string {
	var b strings.Builder
	floor := 0
	for _, top := range append(slices.Clone(m.marks), len(m.stack)) {
		pending := m.stack[floor:top]
		open := top < len(m.stack)
		if floor == 0 {
			chain(&b, pending)
		} else {
			level(&b, m.stack[floor-1].value, pending, open)
		}
		floor = top
	}
	return b.String()
}

// level writes the step from the container below a mark to the first of the values above the mark that is
// unfinished. open tells that another mark follows them.
func level(b *strings.Builder, container any, pending []slot, open bool) {
	i := 0
	if _, ok := container.(*Dict); ok {
		for i+1 < len(pending) && !unfinished(pending[i+1:], open) {
			i += 2
		}
		if i < len(pending) {
			b.WriteString(step(pending[i].value))
			chain(b, pending[i+1:])
		}
		return
	}
	for i < len(pending) && !unfinished(pending[i:], open) {
		i++
	}
	switch c := container.(type) {
	case *List:
		fmt.Fprintf(b, "[%d]", len(c.Items)+i)
	case *global, *Object: // their arguments are no places in the tree
	default:
		fmt.Fprintf(b, "[%d]", i)
	}
	chain(b, pending[i:])
}

// chain writes the steps from an unfinished value to the single item behind it, and so on.
func chain(b *strings.Builder, pending []slot) {
	for len(pending) > 1 {
		switch c := pending[0].value.(type) {
		case *Dict:
			b.WriteString(step(pending[1].value))
			pending = pending[1:]
		case *List:
			fmt.Fprintf(b, "[%d]", len(c.Items))
		}
		pending = pending[1:]
	}
}

// unfinished tells whether the first of the pending values is the one that was being built. It is a guess where
// an empty list or dict is followed by what may be its only item or another value.
func unfinished(pending []slot, open bool) bool {
	behind := pending[1:]
	switch v := pending[0].value.(type) {
	case *global:
		return true
	case *Object:
		return !v.Call || len(behind) == 0
	case *Dict:
		if len(behind) == 0 || v.Len() > 0 {
			return len(behind) == 0
		}
		_, isKey := hashable(behind[0].value)
		return isKey && (len(behind) <= 2 || isCallable(behind[1].value))
	case *List:
		return len(behind) == 0 || v.Len() == 0 && (len(behind) == 1 || isCallable(behind[0].value))
	}
	return len(behind) == 0 && !open
}

// isCallable tells whether arguments follow a value on the stack.
func isCallable(v any) bool {
	o, ok := v.(*Object)
	_, isGlobal := v.(*global)
	return isGlobal || ok && !o.Call
}

// step is the notation of a key: ".name" for one that reads like it, else "[key]".
func step(key any) string {
	switch k := key.(type) {
	case string:
		if len(k) > 80 {
			k = k[:77] + "…"
		}
		if k != "" && !strings.ContainsAny(k, " []\"\n") {
			return "." + k
		}
		return "[" + strconv.Quote(k) + "]"
	case int64, bool, float64:
		return fmt.Sprintf("[%v]", k)
	}
	return "[" + describe(key) + "]"
}
