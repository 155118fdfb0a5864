package plan

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// kind is what a layer computes, and its row of the table of oneDNN's operations.
type kind int

const (
	conv kind = iota
	linear
)

// layers are oneDNN's operations for each kind.
var layers = [...]struct {
	plain                   string   // PyTorch's, which has gradients
	pack, fused, with, into string   // with another tensor; into: that takes the result
	geometry                []string // arguments that the recorded operation has, too
	bytes                   inBytes
}{
	conv: {"aten::conv2d", "mkldnn::_reorder_convolution_weight", "mkldnn::_convolution_pointwise", "mkldnn::_convolution_pointwise.binary",
		"mkldnn::_convolution_pointwise_.binary", []string{"padding", "stride", "dilation", "groups"},
		inBytes{"onednn::qconv_prepack", "onednn::qconv2d_pointwise", [3]string{"attr", "scalars", "algorithm"},
			[]string{"", "relu", "swish", "hardswish", "hardtanh"}, []string{"", "relu"}}},
	linear: {"aten::linear", "mkldnn::_reorder_linear_weight", "mkldnn::_linear_pointwise", "mkldnn::_linear_pointwise.binary", "", nil,
		inBytes{"onednn::qlinear_prepack", "onednn::qlinear_pointwise", [3]string{"post_op_name", "post_op_args", "post_op_algorithm"},
			[]string{"", "relu", "swish", "hardswish", "hardtanh", "gelu", "tanh", "leaky_relu"}, []string{""}}},
}

// inBytes are oneDNN's operations for a kind in bytes, and the activations that they take, alone and behind a sum.
type inBytes struct {
	pack, fused    string
	activation     [3]string // the names of the arguments that tell of it
	alone, summing []string
}

// layer is a convolution or a linear layer with what was fused into it.
type layer struct {
	kind         kind
	input        graph.Ref
	weight, bias *torch.Tensor // bias nil without one
	geometry     map[string]any
	binary       string    // add or mul, of other; empty for none
	other        graph.Ref // of the result's shape
	unary        activation

	result   graph.Ref    // of the weights alone, before what else is fused
	absorbed []graph.Node // that is computed after it, as it was recorded
}

// activation is what follows, by oneDNN's name; without one nothing does.
type activation struct {
	name      string
	scalars   []any
	algorithm string
}

// begin starts a layer whose weights are the graph's.
func begin(k kind) func(b *builder, n *node) bool {
	return func(b *builder, n *node) bool {
		input, ok := n.Args["input"].(graph.Ref)
		weight, bias := b.tensor(n.Args["weight"]), b.tensor(n.Args["bias"])
		if !ok || b.keys[input] != "" || weight == nil || (bias == nil) != (n.Args["bias"] == nil) || weight.DType() != torch.Float32 ||
			!b.fake() && (!torch.HasOneDNN() || weight.Device().IsCUDA()) {
			return false
		}
		n.layer = &layer{kind: k, input: input, weight: weight, bias: bias, geometry: map[string]any{}, other: graph.None, result: n.Results[0]}
		for _, name := range layers[k].geometry {
			n.layer.geometry[name] = n.Args[name]
		}
		if k == conv {
			b.foldPad(n)
		}
		b.add(n)
		return true
	}
}

// alone is the layer that makes what arg names, if nobody else uses that.
func (b *builder) alone(arg any) *node {
	r, ok := arg.(graph.Ref)
	if !ok || b.uses[r] != 1 {
		return nil
	}
	if n := b.maker[r]; n != nil && n.layer != nil {
		return n
	}
	return nil
}

// emit lays the weight out and makes the node the fused operation. i is the node's place.
func (b *builder) emit(i int, n *node) {
	l, ops := n.layer, layers[n.layer.kind]
	args := map[string]any{"X": l.input}
	for name, v := range l.geometry {
		args[name] = v
	}
	input := b.values[l.input].Shape
	pack := func(weight *torch.Tensor, batch int64) *torch.Tensor {
		how := torch.Kwargs{"batch_size": rows(sizes(input, batch))}
		if l.kind == conv {
			how = torch.Kwargs{"input_size": sizes(input, batch)}
			for _, name := range ops.geometry {
				how[name] = ints(l.geometry[name])
			}
		}
		return torch.Call(ops.pack, weight, how)[0].(*torch.Tensor)
	}
	w := b.weight(pack(l.weight, b.batch))
	if args["W"] = w; l.kind == conv { // a linear layer runs in any layout
		b.vary(b.keys[w], l.weight, pack)
	}
	if args["B"] = any(nil); l.bias != nil {
		args["B"] = b.weight(l.bias)
	}
	attr := orNone(l.unary.name)
	switch {
	case l.binary == "":
		n.Op = ops.fused
		args["attr"], args["scalars"], args["algorithm"] = attr, slices.Clone(l.unary.scalars), l.unary.algorithm
	case l.kind == linear:
		n.Op = ops.with
		args["other"], args["attr"] = l.other, l.binary
	default:
		n.Op = ops.with
		if l.binary == "add" && b.endsAt(i, l.other) {
			n.Op = ops.into
		}
		args["other"], args["binary_attr"], args["alpha"] = l.other, l.binary, 1.0
		args["unary_attr"], args["unary_scalars"], args["unary_algorithm"] = nil, slices.Clone(l.unary.scalars), l.unary.algorithm
		if l.unary.name != "" {
			args["unary_attr"] = l.unary.name
		}
	}
	n.Args = args
}

func orNone(name string) string {
	if name == "" {
		return "none"
	}
	return name
}

// endsAt tells whether the node at i is the last to use r, and r's memory was made for r alone.
func (b *builder) endsAt(i int, r graph.Ref) bool {
	maker := b.maker[r]
	if maker == nil || !fresh(maker) || slices.Contains(b.outputs, r) {
		return false
	}
	for j, n := range b.nodes {
		if n.layer != nil && j != i && (n.layer.input == r || n.layer.other == r) && j > i ||
			n.layer == nil && slices.Contains(n.Uses(), r) && !(j < i && fresh(n)) {
			return false
		}
	}
	return b.nodes[i].layer.input != r
}

// fresh tells of an operation that returns memory which it made.
func fresh(n *node) bool { return n.layer != nil || isFresh[n.Op] }

func (b *builder) shape(r graph.Ref) []int64 { return sizes(b.values[r].Shape, b.batch) }

// sizes are a shape's for a batch.
func sizes(shape []graph.Int, batch int64) (all []int64) {
	for _, n := range shape {
		at, err := n.At(batch)
		if err != nil {
			panic(err)
		}
		all = append(all, at)
	}
	return all
}

// rows is how many vectors a linear layer gets.
func rows(shape []int64) int64 {
	rows := int64(1)
	for _, n := range shape[:len(shape)-1] {
		rows *= n
	}
	return rows
}

// constants are the numbers of a list, nil where one depends on the batch.
func constants(arg any) (all []int64) {
	list, _ := arg.([]graph.Int)
	for _, i := range list {
		if i.Batch != 0 {
			return nil
		}
		all = append(all, i.Const)
	}
	return all
}

// ints is a list of the graph's without the batch, which geometry doesn't depend on.
func ints(arg any) any {
	switch v := arg.(type) {
	case graph.Int:
		return v.Const
	case []graph.Int:
		out := make([]int64, len(v))
		for i := range v {
			out[i] = v[i].Const
		}
		return out
	}
	return arg
}
