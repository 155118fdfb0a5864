package onnx

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// call is a node that is converted, with what converters are made of. What can't be panics with a refusal, which
// [converter.node] makes an error. An argument that a converter doesn't read is one, too.
type call struct {
	*converter
	n    graph.Node
	i    int
	read map[string]bool
}

type refusal string

func (k *call) refuse(format string, args ...any) { panic(refusal(fmt.Sprintf(format, args...))) }

// ignored are arguments that don't change values.
var ignored = map[string]bool{
	"memory_format": true, "device": true, "layout": true, "pin_memory": true, "non_blocking": true, "copy": true, "cudnn_enabled": true,
	"cudnn_enable": true, "momentum": true, "generator": true, "benchmark": true, "deterministic": true, "allow_tf32": true, "sparse_grad": true,
	"path": true, "implicit": true,
}

// skip passes arguments over that a converter knows by the shapes of the results.
func (k *call) skip(names ...string) {
	for _, name := range names {
		k.read[name] = true
	}
}

// get is an argument of a type, or what stands for None.
func get[T any](k *call, name string, none T) T {
	k.read[name] = true
	switch v := k.n.Args[name].(type) {
	case nil:
		return none
	case T:
		return v
	default:
		k.refuse("its argument %s is a %T", name, v)
		return none
	}
}

// in is the value of a tensor argument, which must be there.
func (k *call) in(name string) string { return k.value(k.ref(name)) }

func (k *call) ref(name string) graph.Ref {
	r := get(k, name, graph.None)
	if r == graph.None {
		k.refuse("its argument %s is absent", name)
	}
	return r
}

func (k *call) value(r graph.Ref) string {
	if k.names[r] == "" {
		k.refuse("it uses a result of an operation that has no counterpart in ONNX, such as the indices of a pooling")
	}
	if name := k.bytes[r]; name != "" && k.takes[k.i] {
		return name
	}
	return k.names[r]
}

// opt is the value of a tensor argument, or "".
func (k *call) opt(name string) string {
	if r := get(k, name, graph.None); r != graph.None {
		return k.value(r)
	}
	return ""
}

// refs are the tensors of a list.
func (k *call) refs(name string) []graph.Ref { return get(k, name, []graph.Ref(nil)) }

// has tells whether an argument is there and not None.
func (k *call) has(name string) bool { return k.n.Args[name] != nil }

// scalar is a number that isn't a tensor.
func (k *call) scalar(name string, none float64) float64 {
	k.read[name] = true
	switch v := k.n.Args[name].(type) {
	case nil:
		return none
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	case graph.Int:
		return float64(k.fixed(name, v))
	}
	k.refuse("its argument %s is %v", name, k.n.Args[name])
	return 0
}

func (k *call) fixed(name string, v graph.Int) int64 {
	if v.Batch != 0 {
		k.refuse("its argument %s is %v, and must not depend on the batch's size", name, v)
	}
	return v.Const
}

// int is a whole number; ints a list of them, or one repeated n times.
func (k *call) int(name string, none int64) int64 {
	return k.fixed(name, get(k, name, graph.Int{Const: none}))
}

func (k *call) ints(name string, n int, none int64) []int64 {
	k.read[name] = true
	var all []int64
	switch v := k.n.Args[name].(type) {
	case graph.Int:
		all = []int64{k.fixed(name, v)}
	case []graph.Int:
		for _, i := range v {
			all = append(all, k.fixed(name, i))
		}
	case nil:
	default:
		k.refuse("its argument %s is %v", name, v)
	}
	if len(all) == 0 {
		all = []int64{none}
	}
	for len(all) < n {
		all = append(all, all[0])
	}
	return all
}

// shape and dtype are those of a tensor argument; result is the first result.
func (k *call) shape(name string) []graph.Int { return k.g.Values[k.ref(name)].Shape }
func (k *call) dtype(name string) string      { return k.g.Values[k.ref(name)].DType }
func (k *call) result() graph.Value           { return k.g.Values[k.n.Results[0]] }

// axis is a dimension, counted from the beginning.
func axis(d int64, rank int) int64 {
	if d < 0 {
		d += int64(max(rank, 1))
	}
	return d
}

// needs refuses a dtype that ONNX doesn't have.
func (k *call) needs(dtype string) {
	if _, ok := types[dtype]; !ok {
		k.refuse("it gives %s, which ONNX doesn't compute with", dtype)
	}
}
