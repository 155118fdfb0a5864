package plan

import (
	"maps"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// with has a layer compute an operation of its result and another tensor of the same shape. Where the result's dimensions are put into another
// order first, the other tensor's are put back instead.
func with(binary, other string) func(b *builder, n *node) bool {
	return func(b *builder, n *node) bool {
		if alpha, given := n.Args["alpha"]; given && alpha != any(graph.Int{Const: 1}) && alpha != any(1.0) {
			return false
		}
		shape := b.values[n.Results[0]].Shape
		for _, order := range [][2]string{{"self", other}, {other, "self"}} {
			l, permuted := b.through(n.Args[order[0]])
			r, ok := n.Args[order[1]].(graph.Ref)
			if l == nil || !ok || l.layer.binary != "" || l.layer.unary.name != "" || b.keys[r] != "" || !slices.Equal(b.values[r].Shape, shape) {
				continue
			}
			if permuted == nil && slices.Equal(b.values[l.Results[0]].Shape, shape) {
				l.layer.binary, l.layer.other, l.layer.absorbed = binary, r, append(l.layer.absorbed, n.Node)
				b.move(l, n)
				return true
			}
			if permuted != nil && l.layer.kind == linear && slices.Equal(b.values[permuted.Results[0]].Shape, shape) {
				before := node{Node: n.Node}
				before.Args = maps.Clone(n.Args)
				before.Args[order[0]], before.Args[order[1]] = l.Results[0], b.permute(r, inverse(orderOf(permuted)), b.values[l.Results[0]])
				sum := b.values[l.Results[0]]
				sum.Range = nil
				before.Results = []graph.Ref{b.value(sum)}
				b.uses[before.Results[0]] = 1
				l.layer.binary, l.layer.other, l.layer.absorbed = binary, before.Args[order[1]].(graph.Ref), append(l.layer.absorbed, before.Node)
				b.move(l, &before)
				permuted.Args["self"] = l.Results[0]
				b.move(permuted, n)
				return true
			}
		}
		return false
	}
}

// scale multiplies a layer's weights, and its bias, by a constant for each channel, or for all.
func scale(other string) func(b *builder, n *node) bool {
	return func(b *builder, n *node) bool {
		shape := b.values[n.Results[0]].Shape
		for _, order := range [][2]string{{"self", other}, {other, "self"}} {
			l, permuted := b.through(n.Args[order[0]])
			c := b.constant(n.Args[order[1]])
			if l == nil || c == nil || l.layer.binary != "" || l.layer.unary.name != "" || c.DType() != torch.Float32 {
				continue
			}
			made, axis := l, 1
			if l.layer.kind == linear {
				axis = len(b.values[l.Results[0]].Shape) - 1
			}
			if permuted != nil {
				made, axis = permuted, slices.Index(orderOf(permuted), axis)
			}
			if !slices.Equal(b.values[made.Results[0]].Shape, shape) || !alongAxis(c, axis, len(shape)) {
				continue
			}
			by := c.Reshape(append([]int64{-1}, slices.Repeat([]int64{1}, l.layer.weight.Dim()-1)...)...)
			l.layer.weight = l.layer.weight.Mul(by).MoveTo(b.own)
			if l.layer.bias != nil {
				l.layer.bias = l.layer.bias.Mul(c.Reshape(-1)).MoveTo(b.own)
			}
			if made == l {
				l.layer.result = n.Results[0]
			}
			b.rename(made, n)
			b.forget(n.Args[order[1]])
			return true
		}
		return false
	}
}

// alongAxis tells whether a constant has elements along one axis of a tensor of so many dimensions, and no other.
func alongAxis(c *torch.Tensor, axis, dims int) bool {
	shape := c.Shape()
	for d, n := range shape {
		if n != 1 && d+dims-len(shape) != axis {
			return false
		}
	}
	return len(shape) <= dims
}

// through is the layer that makes what arg names, directly or with its dimensions in another order, if nobody else uses either.
func (b *builder) through(arg any) (l, permuted *node) {
	if l := b.alone(arg); l != nil {
		return l, nil
	}
	r, ok := arg.(graph.Ref)
	if !ok || b.uses[r] != 1 || b.maker[r] == nil || b.maker[r].Op != "aten::permute" || orderOf(b.maker[r]) == nil {
		return nil, nil
	}
	return b.alone(b.maker[r].Args["self"]), b.maker[r]
}

// orderOf is a permute's order of dimensions, nil where it isn't known.
func orderOf(permute *node) (order []int) {
	dims := constants(permute.Args["dims"])
	for _, d := range dims {
		order = append(order, int(d+int64(len(dims)))%len(dims))
	}
	return order
}

func inverse(order []int) []int {
	back := make([]int, len(order))
	for i, d := range order {
		back[d] = i
	}
	return back
}

// permute adds an operation that puts r's dimensions into another order, and returns its result, which is like another value.
func (b *builder) permute(r graph.Ref, order []int, like graph.Value) graph.Ref {
	var dims []graph.Int
	for _, d := range order {
		dims = append(dims, graph.Int{Const: int64(d)})
	}
	made := b.value(graph.Value{DType: like.DType, Shape: like.Shape})
	b.uses[made] = 1
	b.add(&node{Node: graph.Node{Op: "aten::permute", Args: map[string]any{"self": r, "dims": dims}, Results: []graph.Ref{made}}})
	return made
}

// constant is the weight at a place, or a weight in another shape; nil for anything else.
func (b *builder) constant(arg any) *torch.Tensor {
	if t := b.tensor(arg); t != nil {
		return t
	}
	r, ok := arg.(graph.Ref)
	if !ok || b.maker[r] == nil || b.maker[r].Op != "aten::reshape" {
		return nil
	}
	t := b.tensor(b.maker[r].Args["self"])
	if t == nil {
		return nil
	}
	return t.Reshape(b.shape(r)...).MoveTo(b.own)
}

// forget removes what made a value that one operation used, which does no more, unless it is a weight.
func (b *builder) forget(arg any) {
	r, _ := arg.(graph.Ref)
	if b.uses[r]--; b.uses[r] == 0 && b.maker[r] != nil {
		b.nodes[slices.Index(b.nodes, b.maker[r])] = nil
	}
}
