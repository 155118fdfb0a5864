package torch

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// graphReader reads the tagged values of a recorded operation.
type graphReader struct {
	tagged
	home int // of devices, the one that is the first input's wherever the graph runs
	err  func(reason string)
}

func (d *graphReader) value(a *argument) any {
	switch tag := d.next(); tag {
	case shim.OpTensor:
		return graph.Ref(d.next())
	case shim.OpInt:
		switch w := d.next(); a.kind {
		case dtypeKind:
			return graph.DType(DType(w).String())
		case formatKind:
			return formats[w]
		default:
			return graph.Int{Const: w}
		}
	case shim.OpDevice:
		at := int(d.next())
		if at == d.home {
			return graph.InputDevice
		}
		return graph.Device(deviceAt(at).String())
	case shim.OpObject:
		d.next()
		d.err("its argument or result " + a.name + " is a " + a.typ + ", which a file can't hold")
	case shim.OpList:
		return d.list(a)
	default:
		return d.plain(tag)
	}
	return nil
}

// list is a slice of the elements' type; an empty one has the schema's.
func (d *graphReader) list(a *argument) any {
	n := int(d.next())
	elem := argument{name: a.name, typ: a.typ, kind: a.kind}
	all := make([]any, n)
	for i := range all {
		all[i] = d.value(&elem)
	}
	switch a.kind {
	case tensorKind:
		refs := make([]graph.Ref, n)
		for i, v := range all {
			refs[i] = graph.None
			if r, ok := v.(graph.Ref); ok {
				refs[i] = r
			}
		}
		return refs
	case intKind:
		return sliceOf[graph.Int](d, a, all)
	case floatKind:
		return sliceOf[float64](d, a, all)
	case boolKind:
		return sliceOf[bool](d, a, all)
	case stringKind:
		return sliceOf[string](d, a, all)
	case scalarKind:
		if n > 0 {
			if _, ok := all[0].(graph.Int); ok {
				return sliceOf[graph.Int](d, a, all)
			}
		}
		return sliceOf[float64](d, a, all)
	}
	d.err("its argument " + a.name + " is a " + a.typ + ", which a file can't hold")
	return nil
}

func sliceOf[T any](d *graphReader, a *argument, all []any) []T {
	out := make([]T, len(all))
	for i, v := range all {
		t, ok := v.(T)
		if !ok {
			d.err(fmt.Sprintf("its argument %s is a %s that holds a %T, which a file can't hold", a.name, a.typ, v))
		}
		out[i] = t
	}
	return out
}
