package pth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// locate adds to an error the place in the tree that the machine was building.
func (m *machine) locate(err error) error {
	e := asError(err)
	if e.Where == "" {
		e.Where = m.where()
	}
	return e
}

// asError is err as an *Error.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err}
}

// where reads the path off the stack: below each open mark stands the container that the values
// above it will go into, and the last key or the number of values tells for which place.
func (m *machine) where() string {
	var b strings.Builder
	floor := 0
	for level := 0; level <= len(m.marks); level++ {
		top := len(m.stack)
		if level < len(m.marks) {
			top = m.marks[level]
		}
		if floor > 0 && floor <= top {
			whereIn(&b, m.stack[floor-1], m.stack[floor:top])
		}
		// Without a mark, a container takes a single item: what follows it on the stack.
		for i := floor; i < top-1; i++ {
			if isContainer(m.stack[i]) && !(floor > 0 && isContainer(m.stack[floor-1]) && (i-floor)%2 == 0) {
				whereIn(&b, m.stack[i], m.stack[i+1:top])
				break
			}
		}
		floor = top
	}
	return b.String()
}

func isContainer(v any) bool {
	switch v.(type) {
	case *Dict, *List:
		return true
	}
	return false
}

// whereIn writes the step from a container to the one of its pending values that is unfinished.
func whereIn(b *strings.Builder, container any, pending []any) {
	switch c := container.(type) {
	case *Dict:
		i := 0
		for i+3 < len(pending) && !isCallable(pending[i+1]) { // keys and values that are finished
			i += 2
		}
		if len(pending) > i+1 {
			b.WriteString(step(pending[i]))
		}
	case *List:
		i := 0
		for i+1 < len(pending) && !isCallable(pending[i]) {
			i++
		}
		fmt.Fprintf(b, "[%d]", len(c.Items)+i)
	}
}

func isCallable(v any) bool {
	switch v := v.(type) {
	case *global:
		return true
	case *Object:
		return !v.Call
	}
	return false
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
