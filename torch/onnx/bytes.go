package onnx

import (
	"encoding/binary"
	"math"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// floats reads weights as numbers.
type floats struct {
	g     *graph.Graph
	state *pth.Dict
	keys  map[graph.Ref]string
}

// read is a float32 weight of the graph's shape with finite elements, or nil.
func (f floats) read(arg any) []float32 {
	r, ok := arg.(graph.Ref)
	if !ok || f.keys[r] == "" {
		return nil
	}
	t, ok := pth.Get[*pth.Tensor](f.state, f.keys[r])
	if !ok || t.DType != pth.Float32 || t.Check() != nil {
		return nil
	}
	data, err := t.Bytes(0)
	n := int64(1)
	dims, _ := constants(f.g.Values[r].Shape)
	for _, d := range dims {
		n *= d
	}
	if err != nil || int64(len(data)) != 4*n {
		return nil
	}
	all := make([]float32, n)
	for i := range all {
		all[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if v := float64(all[i]); math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
		}
	}
	return all
}

// layer is a convolution or a linear layer in bytes. The weight of each channel has a scale of its own.
type layer struct {
	key    string
	shape  []int64
	weight []float32
	bias   []float64 // of a convolution; nil: none

	bytes, biasBytes      []byte
	scales, biasScaleList []byte // float32
}

// layer is one whose weight has so many dimensions, nil where it isn't numbers of the file.
func (f floats) layer(n graph.Node, dims int) *layer {
	weight := f.read(n.Args["weight"])
	if len(weight) == 0 {
		return nil
	}
	r := n.Args["weight"].(graph.Ref)
	l := &layer{key: f.keys[r], weight: weight}
	if l.shape, _ = constants(f.g.Values[r].Shape); len(l.shape) != dims {
		return nil
	}
	return l
}

// conv is a convolution with its bias.
func (f floats) conv(n graph.Node) *layer {
	l, bias := f.layer(n, 4), f.read(n.Args["bias"])
	if l == nil || (bias == nil) != (n.Args["bias"] == nil) || bias != nil && int64(len(bias)) != l.shape[0] {
		return nil
	}
	for _, v := range bias {
		l.bias = append(l.bias, float64(v))
	}
	return l
}

// fold folds a batch norm of fixed statistics in, if n is one: it multiplies each channel, and adds to it.
func (f floats) fold(l *layer, n graph.Node) bool {
	eps, ok := n.Args["eps"].(float64)
	if l == nil || n.Op != "aten::batch_norm" || len(n.Results) != 1 || n.Args["training"] == true || !ok {
		return false
	}
	var of [4][]float32
	for i, name := range []string{"running_mean", "running_var", "weight", "bias"} {
		if of[i] = f.read(n.Args[name]); int64(len(of[i])) != l.shape[0] && (i < 2 || n.Args[name] != nil) {
			return false
		}
	}
	if l.bias == nil {
		l.bias = make([]float64, l.shape[0])
	}
	mean, variance, weight, bias := of[0], of[1], of[2], of[3]
	row := len(l.weight) / int(l.shape[0])
	for c := range l.bias {
		scale := 1 / math.Sqrt(float64(variance[c])+eps)
		if weight != nil {
			scale *= float64(weight[c])
		}
		if l.bias[c] = (l.bias[c] - float64(mean[c])) * scale; bias != nil {
			l.bias[c] += float64(bias[c])
		}
		for i := c * row; i < (c+1)*row; i++ {
			l.weight[i] *= float32(scale)
		}
	}
	return true
}

// pack makes bytes of the weights, for an input of a range. It is false where they aren't finite.
func (l *layer) pack(input graph.Range) bool {
	le := binary.LittleEndian
	in, _ := input.Uint8()
	row := len(l.weight) / int(l.shape[0])
	for c := range int(l.shape[0]) {
		of := l.weight[c*row : (c+1)*row]
		largest := float32(1e-12)
		for _, v := range of {
			largest = max(largest, max(v, -v))
		}
		scale := largest / 127
		if l.bias != nil { // which int32 must hold
			scale = max(scale, float32(math.Abs(l.bias[c])/in*0x1p-30))
		}
		if v := float64(scale); math.IsInf(v, 0) || math.IsNaN(v) {
			return false
		}
		for _, v := range of {
			l.bytes = append(l.bytes, byte(int8(math.RoundToEven(float64(v/scale)))))
		}
		l.scales = le.AppendUint32(l.scales, math.Float32bits(scale))
		if l.bias != nil {
			both := float32(in) * scale
			l.biasBytes = le.AppendUint32(l.biasBytes, uint32(int32(math.RoundToEven(l.bias[c]/float64(both)))))
			l.biasScaleList = le.AppendUint32(l.biasScaleList, math.Float32bits(both))
		}
	}
	l.weight = nil
	return true
}

// convolve writes a convolution.
func (l *layer) convolve(k *call) {
	k.skip("weight", "bias")
	weight := k.dequantized(l.key, "int8", l.shape, 0, l.bytes, l.scales)
	bias := ""
	if l.bias != nil {
		bias = k.dequantized(l.key+".bias", "int32", l.shape[:1], 0, l.biasBytes, l.biasScaleList)
	}
	k.give(k.convolved(weight, bias))
}

// multiply writes a linear layer, whose bias stays in float32.
func (l *layer) multiply(k *call) {
	k.skip("weight")
	out, in := int(l.shape[0]), int(l.shape[1])
	transposed := make([]byte, 0, len(l.bytes))
	for i := range in {
		for o := range out {
			transposed = append(transposed, l.bytes[o*in+i])
		}
	}
	weight := k.dequantized(l.key, "int8", []int64{l.shape[1], l.shape[0]}, 1, transposed, l.scales)
	k.give(k.product(k.in("input"), weight, k.opt("bias")))
}

// dequantized is a tensor of bytes as the numbers that they stand for, by a scale for each channel, which lie along an axis.
func (k *call) dequantized(name, dtype string, dims []int64, axis int, data, scales []byte) string {
	add := func(name, dtype string, dims []int64, data []byte) string {
		name = k.unique(name)
		k.m.tensors = append(k.m.tensors, newTensor(name, dtype, dims, nil, data))
		return name
	}
	channels := dims[axis : axis+1]
	in := []string{add(name, dtype, dims, data), add(name+".scale", "float32", channels, scales), k.constant(dtype, channels, make([]float64, channels[0])...)}
	return k.op("DequantizeLinear", in, attrInt("axis", int64(axis)))
}
