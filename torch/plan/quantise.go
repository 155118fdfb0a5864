package plan

import (
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// quint8 is libtorch's dtype of quantised tensors, which lie between a float tensor and its bytes.
const quint8 = torch.DType(13)

// quantised is a value in bytes: what byte b stands for is scale·(b - zero).
type quantised struct {
	at    graph.Ref
	scale float64
	zero  int64
	only  bool // it isn't there in float32
}

// quantiser has convolutions compute in bytes, and all else in float32.
type quantiser struct {
	*builder
	nodes []*node                 // so far
	bytes map[graph.Ref]quantised // the values that are there in bytes
	float map[graph.Ref]graph.Ref // those that were bytes, in float32
}

// quantise rewrites the layers that have ranges; the others, linear layers among them, stay as they are.
func (b *builder) quantise() {
	q := &quantiser{builder: b, bytes: map[graph.Ref]quantised{}, float: map[graph.Ref]graph.Ref{}}
	for i, n := range b.nodes {
		if n.layer != nil && q.fits(n) {
			q.layer(i, n)
			continue
		}
		n.rewire(q.inFloat)
		q.nodes = append(q.nodes, n)
	}
	for i, r := range b.outputs {
		b.outputs[i] = q.inFloat(r)
	}
	b.nodes = q.nodes
}

// fits tells of a convolution that oneDNN computes in bytes, and whose numbers were measured.
func (q *quantiser) fits(n *node) bool {
	l := n.layer
	measured := func(r graph.Ref) bool { _, there := q.bytes[r]; return there || q.values[r].Range != nil }
	return l.kind == conv && !n.Float && measured(l.input) && measured(n.Results[0]) &&
		(l.binary == "" && slices.Contains([]string{"", "relu", "swish", "hardswish", "hardtanh"}, l.unary.name) ||
			l.binary == "add" && measured(l.other) && slices.Contains([]string{"", "relu"}, l.unary.name))
}

// parameters are the scale and the zero of a measured value.
func (q *quantiser) parameters(r graph.Ref) quantised {
	scale, zero := q.values[r].Range.Uint8()
	q.rounded[r] = q.values[r].Range
	return quantised{at: r, scale: scale, zero: int64(zero)}
}

func (q *quantiser) run(op string, v graph.Value, args map[string]any) graph.Ref {
	r := q.value(v)
	q.nodes = append(q.nodes, &node{Node: graph.Node{Op: op, Args: args, Results: []graph.Ref{r}}})
	return r
}

// inBytes is a value in bytes.
func (q *quantiser) inBytes(r graph.Ref) quantised {
	if b, there := q.bytes[r]; there {
		return b
	}
	b := q.parameters(r)
	if q.fake() {
		b.at = q.roundFloat(r, b)
		q.bytes[r] = b
		return b
	}
	v := q.values[r]
	v.DType = "uint8"
	whole := q.run("aten::quantize_per_tensor", v, map[string]any{"self": r, "scale": b.scale, "zero_point": graph.Int{Const: b.zero}, "dtype": quint8})
	b.at = q.run("aten::int_repr", v, map[string]any{"self": whole})
	q.bytes[r] = b
	return b
}

// inFloat is a value in float32.
func (q *quantiser) inFloat(r graph.Ref) graph.Ref {
	b, there := q.bytes[r]
	if !there || !b.only {
		return r
	}
	if q.fake() {
		return b.at
	}
	if f, there := q.float[r]; there {
		return f
	}
	v := q.values[r]
	f := q.run("aten::to.dtype", v, map[string]any{"self": r, "dtype": graph.DType("float32")})
	f = q.run("aten::sub.Scalar", v, map[string]any{"self": f, "other": float64(b.zero)})
	f = q.run("aten::mul.Scalar", v, map[string]any{"self": f, "other": b.scale})
	q.float[r] = f
	return f
}

// layer makes a convolution in bytes of the node at i.
func (q *quantiser) layer(i int, n *node) {
	l := n.layer
	x, out := q.inBytes(l.input), q.parameters(n.Results[0])
	out.only = true
	scales := channelScales(l.weight)
	if q.fake() {
		q.fakeLayer(n, x, out, scales)
		return
	}
	whole := l.weight.Div(scales.View(-1, 1, 1, 1)).Round().To(torch.Int8)
	geometry := torch.Kwargs{"x_shape": q.shape(l.input)}
	for name, v := range l.geometry {
		geometry[name] = ints(v)
	}
	packed := torch.Call("onednn::qconv_prepack", whole, scales, x.scale, x.zero, geometry)[0].(*torch.Tensor)
	args := map[string]any{"qx": x.at, "x_scale": x.scale, "x_zero_point": graph.Int{Const: x.zero},
		"qw": q.weight(packed), "w_scale": q.weight(scales), "w_zero_point": q.weight(q.own.With(torch.Int64).Zeros(l.weight.Size(0))), "bias": nil,
		"output_scale": out.scale, "output_zero_point": graph.Int{Const: out.zero}, "output_dtype": graph.DType("uint8")}
	if l.bias != nil {
		args["bias"] = q.weight(l.bias)
	}
	for name, v := range l.geometry {
		args[name] = v
	}
	n.Op = "onednn::qconv2d_pointwise"
	if l.binary == "" {
		args["attr"], args["scalars"], args["algorithm"] = orNone(l.unary.name), slices.Clone(l.unary.scalars), ""
	} else {
		n.Op += ".binary"
		other := q.inBytes(l.other)
		if l.other == l.input || q.usedAfter(i, l.other) { // the sum overwrites it
			v := q.values[other.at]
			other.at = q.run("aten::clone", v, map[string]any{"self": other.at})
		}
		args["qaccum"], args["accum_scale"], args["accum_zero_point"] = other.at, other.scale, graph.Int{Const: other.zero}
		args["binary_attr"], args["alpha"], args["unary_attr"] = "sum", 1.0, orNone(l.unary.name)
		args["unary_scalars"], args["unary_algorithm"] = slices.Clone(l.unary.scalars), ""
	}
	n.Args, n.layer = args, nil
	q.bytes[n.Results[0]] = out
	q.nodes = append(q.nodes, n)
}

// channelScales are what one step of each channel of a weight in bytes stands for.
func channelScales(weight *torch.Tensor) *torch.Tensor {
	largest, _ := weight.Detach().Reshape(weight.Size(0), -1).Abs().MaxDim(1)
	return largest.Clamp(1e-12, math.MaxFloat32).MulScalar(1.0 / 127)
}

// usedAfter tells whether what comes after the node at i, or the graph's outputs, use r.
func (q *quantiser) usedAfter(i int, r graph.Ref) bool {
	for _, n := range q.builder.nodes[i+1:] {
		if n.layer != nil && (n.layer.input == r || n.layer.other == r) || n.layer == nil && slices.Contains(n.Uses(), r) {
			return true
		}
	}
	return slices.Contains(q.outputs, r)
}
