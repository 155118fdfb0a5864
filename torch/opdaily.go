package torch

import "strings"

// Call calls the operation of that name, as [Op] and [Operator.Call] do, within an expression: it panics with an [*Error].
// This package calls so what gotch doesn't bind, and what takes strings, which gotch's binding never frees.
func Call(name string, args ...any) []any {
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

// call is [Call] of an operation with one.
func call(name string, args ...any) *Tensor { return Call(name, args...)[0].(*Tensor) }

// callList is [Call] of an operation that returns a list.
func callList(name string, args ...any) []*Tensor { return Call(name, args...)[0].([]*Tensor) }
