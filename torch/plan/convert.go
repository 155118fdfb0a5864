package plan

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// mixed are operations whose weights stay float32 beside inputs of less.
var mixed = []string{"aten::batch_norm", "aten::layer_norm", "aten::group_norm"}

// convert has a graph, whose layers are fused, compute in bfloat16 from its inputs to its outputs, but for layers that are to stay in float32.
func (b *builder) convert() {
	const float, brain = "float32", "bfloat16"
	for _, n := range b.nodes {
		if l := n.layer; l != nil {
			if n.Float {
				continue
			}
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
	exact := map[graph.Ref]graph.Ref{} // in float32, what is in bfloat16
	var given []graph.Ref              // inputs, as the operations have them
	for _, r := range b.old.Inputs {
		if laid, ok := b.laid[r]; ok {
			r = laid
		}
		given = append(given, r)
	}
	for i := range b.values {
		if r := graph.Ref(i); b.values[i].DType == float && !slices.Contains(b.old.Inputs, r) && !slices.Contains(given, r) && b.keys[r] == "" {
			b.values[i].DType = brain
		}
	}
	for _, r := range given {
		if b.values[r].DType == float {
			to := b.value(graph.Value{DType: brain, Shape: b.values[r].Shape})
			b.replace(r, to)
			exact[to] = r
			after := 1 + slices.IndexFunc(b.nodes, func(n *node) bool { return slices.Contains(n.Results, r) })
			b.nodes = slices.Insert(b.nodes, after, cast(r, to, brain))
		}
	}
	b.leaveFloat(exact)
	for i, r := range b.outputs {
		if b.values[r].DType == brain {
			b.outputs[i] = b.inFloat(exact, r, &b.nodes)
		}
	}
	b.dropCasts()
}

// leaveFloat gives layers that stay in float32 inputs of it, and what others use of them in bfloat16.
func (b *builder) leaveFloat(exact map[graph.Ref]graph.Ref) {
	var nodes []*node
	for _, n := range b.nodes {
		l := n.layer
		if l == nil || !n.Float {
			nodes = append(nodes, n)
			continue
		}
		l.input = b.inFloat(exact, l.input, &nodes)
		if l.other != graph.None {
			l.other = b.inFloat(exact, l.other, &nodes)
		}
		r := n.Results[0]
		n.Results = []graph.Ref{b.value(graph.Value{DType: "float32", Shape: b.values[r].Shape})}
		exact[r] = n.Results[0]
		nodes = append(nodes, n, cast(n.Results[0], r, "bfloat16"))
	}
	b.nodes = nodes
}

// inFloat is a value in float32, which nodes make where it isn't there.
func (b *builder) inFloat(exact map[graph.Ref]graph.Ref, r graph.Ref, nodes *[]*node) graph.Ref {
	if _, there := exact[r]; !there && b.values[r].DType == "bfloat16" {
		exact[r] = b.value(graph.Value{DType: "float32", Shape: b.values[r].Shape})
		*nodes = append(*nodes, cast(r, exact[r], "float32"))
	}
	if f, there := exact[r]; there {
		return f
	}
	return r
}

// dropCasts leaves out those that nothing needs.
func (b *builder) dropCasts() {
	used := map[graph.Ref]bool{}
	for _, r := range b.outputs {
		used[r] = true
	}
	for _, n := range b.nodes {
		uses := n.Uses()
		if n.layer != nil { // whose arguments are yet to be made
			uses = []graph.Ref{n.layer.input, n.layer.other}
		}
		for _, r := range uses {
			used[r] = true
		}
	}
	b.nodes = slices.DeleteFunc(b.nodes, func(n *node) bool { return n.Op == "aten::to.dtype" && !used[n.Results[0]] })
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
