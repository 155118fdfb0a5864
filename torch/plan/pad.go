package plan

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// foldPad has a convolution put zeros around its picture by itself, where that was an operation before it. oneDNN puts as many at both ends: where they
// differ, as TensorFlow's "same" has them at a stride of 2, the kernel gets zeros at the end that has fewer. That is for depthwise kernels; others would
// multiply by these for longer than the zeros around the picture take.
func (b *builder) foldPad(n *node) {
	l := n.layer
	before := b.maker[l.input]
	if before == nil || before.Op != "aten::pad" || b.uses[l.input] != 1 || before.Args["mode"] != "constant" {
		return
	}
	if value := before.Args["value"]; value != nil && value != 0.0 && value != any(graph.Int{}) {
		return
	}
	pads, around := constants(before.Args["pad"]), constants(l.geometry["padding"]) // left, right, top, bottom
	if len(pads) != 4 || len(around) != 2 || slices.Min(pads) < 0 {
		return
	}
	more := make([]int64, 4) // zeros of the kernel
	even := make([]graph.Int, 2)
	for i := range even {
		ends := pads[2-2*i : 4-2*i]
		most := slices.Max(ends)
		even[i].Const = around[i] + most
		more[2-2*i], more[3-2*i] = most-ends[0], most-ends[1]
	}
	if slices.Max(more) > 0 {
		dilation := constants(l.geometry["dilation"])
		if groups := l.geometry["groups"]; len(dilation) != 2 || slices.Max(dilation) > 1 || groups != any(graph.Int{Const: l.weight.Size(0)}) || l.weight.Size(1) != 1 {
			return
		}
		l.weight = torch.Pad(l.weight, more, "constant", 0).MoveTo(b.own)
	}
	l.geometry["padding"], l.input = even, before.Args["self"].(graph.Ref)
	b.nodes[slices.Index(b.nodes, before)] = nil
}
