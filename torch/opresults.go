package torch

import (
	"runtime"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Object holds a value of libtorch's that has no form in Go, such as a linear layer's packed weights of quantized::linear_prepack.
// It is freed when the collector finds that nobody holds it.
type Object struct{ value unsafe.Pointer }

// run calls the operation with what was encoded, and puts new tensors into scope.
func (c *opCall) run(s *schema, scope *Scope) []any {
	for _, t := range c.operands {
		t.ptr() // panics where it is closed
	}
	words, err := shim.CallOp(s.op, c.words, c.n, c.texts, c.results[:])
	if err != nil {
		fail(s.name, err.Error(), c.operands...)
	}
	d := &opResults{tagged: tagged{words}, operands: c.operands, scope: scope, op: s.name}
	results := make([]any, len(s.returns))
	for i := range results {
		results[i] = d.value(&s.returns[i])
	}
	runtime.KeepAlive(c)
	return results
}

// opResults reads tagged results.
type opResults struct {
	tagged
	operands []*Tensor
	scope    *Scope
	op       string
}

// pointer reads a word that is an address in C's memory.
func (d *opResults) pointer() unsafe.Pointer {
	p := *(*unsafe.Pointer)(unsafe.Pointer(&d.words[0]))
	d.words = d.words[1:]
	return p
}

func (d *opResults) value(a *argument) any {
	switch tag := d.next(); tag {
	case shim.OpTensor:
		return wrap(d.pointer(), nil, d.scope, d.op)
	case shim.OpArgument:
		h := lib.Ctensor(d.pointer())
		for _, t := range d.operands {
			if t.c == h {
				return t
			}
		}
	case shim.OpInt:
		switch w := d.next(); a.kind {
		case dtypeKind:
			return DType(w)
		case formatKind:
			return MemoryFormat(w)
		default:
			return w
		}
	case shim.OpDevice:
		return deviceAt(int(d.next()))
	case shim.OpObject:
		o := &Object{d.pointer()}
		runtime.AddCleanup(o, shim.FreeObject, o.value)
		return o
	case shim.OpList:
		return d.list(a)
	default:
		return d.plain(tag)
	}
	return nil
}

func (d *opResults) list(a *argument) any {
	n := d.next()
	elem := argument{kind: a.kind}
	if a.kind == tensorKind {
		ts := make([]*Tensor, n)
		for i := range ts {
			ts[i], _ = d.value(&elem).(*Tensor)
		}
		return ts
	}
	all := make([]any, n)
	for i := range all {
		all[i] = d.value(&elem)
	}
	return all
}
