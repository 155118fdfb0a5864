package plan

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// mixed are operations whose weights stay float32 beside inputs of less.
var mixed = []string{"aten::batch_norm", "aten::layer_norm", "aten::group_norm"}

// convert has a graph, whose layers are fused, compute in bfloat16 from its inputs to its outputs.
func (b *builder) convert() {
	const float, brain = "float32", "bfloat16"
	for _, n := range b.nodes {
		if l := n.layer; l != nil {
			l.weight = l.weight.To(torch.BFloat16)
			if l.bias != nil {
				l.bias = l.bias.To(torch.BFloat16)
			}
			continue
		}
		for name, a := range n.Args {
			if a == any(graph.DType(float)) {
				n.Args[name] = graph.DType(brain)
			}
			if !slices.Contains(mixed, n.Op) {
				n.Args[name] = eachRef(n.Args[name], func(r graph.Ref) graph.Ref {
					if b.keys[r] == "" || b.values[r].DType != float {
						return r
					}
					return b.weight(b.tensor(r).To(torch.BFloat16))
				})
			}
		}
	}
	for i := range b.values {
		if r := graph.Ref(i); b.values[i].DType == float && !slices.Contains(b.old.Inputs, r) && b.keys[r] == "" {
			b.values[i].DType = brain
		}
	}
	for _, r := range b.old.Inputs {
		if b.values[r].DType == float {
			to := b.value(graph.Value{DType: brain, Shape: b.values[r].Shape})
			b.replace(r, to)
			b.nodes = slices.Insert(b.nodes, 0, cast(r, to, brain))
		}
	}
	for i, r := range b.outputs {
		if b.values[r].DType == brain {
			b.outputs[i] = b.value(graph.Value{DType: float, Shape: b.values[r].Shape})
			b.nodes = append(b.nodes, cast(r, b.outputs[i], float))
		}
	}
}

func cast(r, to graph.Ref, dtype graph.DType) *node {
	return &node{Node: graph.Node{Op: "aten::to.dtype", Results: []graph.Ref{to}, Args: map[string]any{"self": r, "dtype": dtype}}}
}

// replace has all operations use one value instead of another.
func (b *builder) replace(r, by graph.Ref) {
	for _, n := range b.nodes {
		n.rewire(func(used graph.Ref) graph.Ref {
			if used == r {
				return by
			}
			return used
		})
	}
}

// rewire has n use f of what it uses.
func (n *node) rewire(f func(graph.Ref) graph.Ref) {
	each := func(args map[string]any) {
		for name, a := range args {
			args[name] = eachRef(a, f)
		}
	}
	each(n.Args)
	if l := n.layer; l != nil {
		l.input = f(l.input)
		if l.other != graph.None {
			l.other = f(l.other)
		}
		for _, then := range l.absorbed {
			each(then.Args)
		}
	}
}

// eachRef is an argument with f of the values that it names.
func eachRef(arg any, f func(graph.Ref) graph.Ref) any {
	switch v := arg.(type) {
	case graph.Ref:
		return f(v)
	case []graph.Ref:
		all := slices.Clone(v)
		for i, r := range all {
			if r != graph.None {
				all[i] = f(r)
			}
		}
		return all
	}
	return arg
}
