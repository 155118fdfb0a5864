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

// quantiser has layers compute in bytes, and all else in float32.
type quantiser struct {
	*builder
	nodes []*node                 // so far
	bytes map[graph.Ref]quantised // the values that are there in bytes
	float map[graph.Ref]graph.Ref // those that were bytes, in float32
}

// quantise rewrites the layers that have ranges; the others stay as they are.
func (b *builder) quantise() {
	q := &quantiser{builder: b, bytes: map[graph.Ref]quantised{}, float: map[graph.Ref]graph.Ref{}}
	for i, n := range b.nodes {
		if q.fits(n) {
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

// fits tells of a layer that oneDNN computes in bytes, and whose numbers were measured. What convolutions make and add is in bytes, too.
func (q *quantiser) fits(n *node) bool {
	l := n.layer
	if l == nil || n.Float || q.values[l.input].Range == nil || l.kind == linear && !manyVectors(q.values[l.input]) {
		return false
	}
	measured := func(r graph.Ref) bool { return l.kind == linear || q.values[r].Range != nil }
	takes := layers[l.kind].bytes
	return measured(n.Results[0]) && (l.binary == "" && slices.Contains(takes.alone, l.unary.name) ||
		l.binary == "add" && measured(l.other) && slices.Contains(takes.summing, l.unary.name))
}

// manyVectors tells of what a linear layer gets several vectors of for each picture: places or tokens. With one, in a head, bytes would save next to nothing.
func manyVectors(v graph.Value) bool { return len(v.Shape) > 2 }

// wanted tells whether a layer after the node at i takes r in bytes.
func (q *quantiser) wanted(i int, r graph.Ref) bool {
	return slices.ContainsFunc(q.builder.nodes[i+1:], func(n *node) bool {
		return q.fits(n) && (n.layer.input == r || n.layer.kind == conv && n.layer.other == r)
	})
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
	f := q.run("aten::_make_per_tensor_quantized_tensor", v, map[string]any{"self": r, "scale": b.scale, "zero_point": graph.Int{Const: b.zero}})
	f = q.run("aten::dequantize.self", v, map[string]any{"self": f})
	q.float[r] = f
	return f
}

// layer makes a layer in bytes of the node at i. What a convolution makes is in bytes, and what a linear layer makes, where the next one takes it so.
func (q *quantiser) layer(i int, n *node) {
	l, how := n.layer, layers[n.layer.kind].bytes
	x, out, dtype := q.inBytes(l.input), quantised{scale: 1}, graph.DType("float32")
	if l.kind == conv || q.wanted(i, n.Results[0]) {
		out, dtype = q.parameters(n.Results[0]), "uint8"
		out.only = true
	}
	scales := channelScales(l.weight)
	if q.fake() {
		q.fakeLayer(n, x, out, scales)
		return
	}
	args := map[string]any{"qx": x.at, "x_scale": x.scale, "x_zero_point": graph.Int{Const: x.zero},
		"qw": q.weight(q.pack(l, x, scales)), "w_scale": q.weight(scales), "w_zero_point": q.weight(q.own.With(torch.Int64).Zeros(l.weight.Size(0))), "bias": nil,
		"output_scale": out.scale, "output_zero_point": graph.Int{Const: out.zero}, "output_dtype": dtype}
	if l.bias != nil {
		args["bias"] = q.weight(l.bias)
	}
	for name, v := range l.geometry {
		args[name] = v
	}
	n.Op = how.fused
	name, scalars := orNone(l.unary.name), slices.Clone(l.unary.scalars)
	switch {
	case l.binary == "":
		args[how.activation[0]], args[how.activation[1]], args[how.activation[2]] = name, scalars, l.unary.algorithm
	case l.kind == linear:
		n.Op += ".binary"
		args["other"], args["other_scale"], args["other_zp"] = q.laidOut(q.inFloat(l.other), "contiguous"), 1.0, graph.Int{}
		args["binary_post_op"], args["binary_alpha"] = "add", 1.0
		args["unary_post_op"], args["unary_post_op_args"], args["unary_post_op_algorithm"] = name, scalars, ""
	default:
		n.Op += ".binary"
		other := q.inBytes(l.other)
		if !other.only { // no convolution made it
			other.at = q.laidOut(other.at, "channels_last")
		}
		if l.other == l.input || q.usedAfter(i, l.other) { // the sum overwrites it
			v := q.values[other.at]
			other.at = q.run("aten::clone", v, map[string]any{"self": other.at})
		}
		args["qaccum"], args["accum_scale"], args["accum_zero_point"] = other.at, other.scale, graph.Int{Const: other.zero}
		args["binary_attr"], args["alpha"], args["unary_attr"] = "sum", 1.0, name
		args["unary_scalars"], args["unary_algorithm"] = scalars, ""
	}
	n.Args, n.layer = args, nil
	if q.nodes = append(q.nodes, n); out.only {
		q.bytes[n.Results[0]] = out
	}
}

// laidOut is a value in the order that oneDNN takes for granted of what is added: itself, mostly.
func (q *quantiser) laidOut(r graph.Ref, f graph.Format) graph.Ref {
	return q.run("aten::contiguous", q.values[r], map[string]any{"self": r, "memory_format": f})
}

// pack lays a layer's weight out in bytes.
func (q *quantiser) pack(l *layer, x quantised, scales *torch.Tensor) *torch.Tensor {
	whole := l.weight.Div(scales.View(append([]int64{-1}, slices.Repeat([]int64{1}, l.weight.Dim()-1)...)...)).Round().To(torch.Int8)
	pack := layers[l.kind].bytes.pack
	if l.kind == linear {
		return torch.Call(pack, whole, q.shape(l.input))[0].(*torch.Tensor)
	}
	geometry := torch.Kwargs{"x_shape": q.shape(l.input)}
	for name, v := range l.geometry {
		geometry[name] = ints(v)
	}
	return torch.Call(pack, whole, scales, x.scale, x.zero, geometry)[0].(*torch.Tensor)
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
