package torch

import (
	"strings"
)

// results calls an operation by its name for a method or a function of this package, and panics as they do. What gotch
// doesn't bind is called so, and what has strings among its arguments, which gotch's binding never frees.
func results(name string, args ...any) []any {
	op, err := Op(name)
	if err == nil {
		var all []any
		if all, err = op.Call(args...); err == nil {
			return all
		}
	}
	short, _, _ := strings.Cut(strings.TrimPrefix(name, "aten::"), ".")
	if e, ok := err.(*Error); ok {
		e.Op = short
		panic(e)
	}
	fail(short, err.Error())
	return nil
}

// call is results of an operation with one.
func call(name string, args ...any) *Tensor { return results(name, args...)[0].(*Tensor) }

// callList is results of an operation that returns a list.
func callList(name string, args ...any) []*Tensor { return results(name, args...)[0].([]*Tensor) }
