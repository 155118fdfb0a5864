package torch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Untraceable says what in a forward pass a graph can't hold.
type Untraceable struct {
	Op     string // the operation, "" where it isn't one
	Module string // the part of the model that did it
	Index  int    // how many operations came before
	Reason string
}

// Error says what and where.
func (e *Untraceable) Error() string {
	what := "after " + strconv.Itoa(e.Index) + " operations"
	if e.Op != "" {
		what = "operation " + strconv.Itoa(e.Index) + ", " + e.Op
	}
	if e.Module != "" {
		what += ", in " + e.Module
	}
	return what + ": " + e.Reason
}

// graph reads what was recorded.
func (r *Recording) graph(inputs []*Tensor, keys []string, outputs []*Tensor) (*graph.Graph, error) {
	b := &graphBuilder{g: &graph.Graph{Weights: map[string]graph.Ref{}}, r: r.r}
	for i := range r.r.Values() {
		info, made := r.r.Value(i)
		if i == 0 {
			b.home = info.CUDA
		}
		v := graph.Value{DType: DType(info.DType).String()}
		for _, n := range info.Sizes[:info.Dim] {
			v.Shape = append(v.Shape, graph.Int{Const: n})
		}
		b.values, b.made = append(b.values, v), append(b.made, made)
	}
	for i := range inputs {
		b.g.Inputs = append(b.g.Inputs, graph.Ref(i))
	}
	part := ""
	for i := range r.r.Operations() {
		for len(r.changes) > 0 && r.changes[0].from <= i {
			part, r.changes = r.changes[0].part, r.changes[1:]
		}
		b.node(r.r.Operation(i), part)
	}
	for i, t := range outputs {
		n := -1
		if t != nil {
			n = r.r.Number(t.handle())
		}
		if n < 0 || !b.made[n] {
			b.refuse("", "", fmt.Sprintf("the output %d, %s, is neither computed by an operation of this goroutine nor an input", i, t.describe()))
			continue
		}
		b.g.Outputs = append(b.g.Outputs, graph.Ref(n))
	}
	b.number(len(inputs), keys)
	if b.err != nil { // not a typed nil
		return b.g, b.err
	}
	return b.g, nil
}

// graphBuilder makes a graph, and keeps the first thing that it can't hold.
type graphBuilder struct {
	g      *graph.Graph
	r      shim.Recorder
	values []graph.Value // as the recorder numbers them
	made   []bool
	home   int // the device of the first input, as C++ has it
	err    *Untraceable
}

func (b *graphBuilder) refuse(op, part, reason string) {
	if b.err == nil {
		b.err = &Untraceable{op, part, len(b.g.Nodes), reason}
	}
}

func (b *graphBuilder) node(o shim.Operation, part string) {
	name := strings.TrimSuffix(o.Name, ".")
	if o.Fault != "" {
		b.refuse(name, part, o.Fault)
	}
	if name == "" {
		return
	}
	s, err := findSchema(o.Name)
	if err != nil {
		b.refuse(name, part, err.Error())
		return
	}
	d := &graphReader{tagged: tagged{o.Words}, home: b.home, err: func(reason string) { b.refuse(name, part, reason) }}
	n := graph.Node{Op: name, Module: part, Args: map[string]any{}, MACs: graph.Int{Const: o.MACs}}
	fromTensor := false
	d.next() // how many
	for i := range s.args {
		a := &s.args[i]
		v := d.value(a)
		for _, r := range graph.Refs(v) {
			fromTensor = true
			if !b.made[r] {
				b.refuse(name, part, fmt.Sprintf("its argument %s, %v, is neither an input, nor a parameter or buffer, nor computed by an operation of this goroutine: register it, or compute it within", a.name, b.values[r]))
			}
		}
		n.Args[a.name] = v
	}
	d.next()
	for i := range s.returns {
		switch v := d.value(&s.returns[i]).(type) {
		case nil:
			n.Results = append(n.Results, graph.None)
		case graph.Ref:
			n.Results = append(n.Results, v)
		case []graph.Ref:
			n.Results = append(n.Results, v...)
		case graph.DType, graph.Format, graph.Device:
		default:
			if fromTensor {
				b.refuse(name, part, "its result, a number, is read into Go, as for a condition, and what is done with it there can't be seen")
			}
		}
	}
	b.g.Nodes = append(b.g.Nodes, n)
}

// number drops the weights that aren't used, and numbers the values anew.
func (b *graphBuilder) number(inputs int, keys []string) {
	used := make([]bool, len(b.values))
	for i := range used {
		used[i] = i < inputs || i >= inputs+len(keys)
	}
	for _, n := range b.g.Nodes {
		for _, a := range n.Args {
			for _, r := range graph.Refs(a) {
				used[r] = true
			}
		}
	}
	for _, r := range b.g.Outputs {
		used[r] = true
	}
	now := make([]graph.Ref, len(b.values))
	for i, v := range b.values {
		now[i] = graph.None
		if used[i] {
			now[i] = graph.Ref(len(b.g.Values))
			b.g.Values = append(b.g.Values, v)
		}
	}
	each := func(all []graph.Ref) {
		for i, r := range all {
			if r != graph.None {
				all[i] = now[r]
			}
		}
	}
	each(b.g.Outputs)
	for _, n := range b.g.Nodes {
		each(n.Results)
		for name, a := range n.Args {
			switch v := a.(type) {
			case graph.Ref:
				n.Args[name] = now[v]
			case []graph.Ref:
				each(v)
			}
		}
	}
	for i, key := range keys {
		if r := now[inputs+i]; r != graph.None {
			b.g.Weights[key] = r
		}
	}
}
