package nn

import "github.com/fastlearn-go/fastlearn/torch"

// PixelShuffleICNR enlarges pictures scale times, to out channels: a [ConvLayer] of kernel 1 whose outputs begin as copies of their
// neighbours, and a [PixelShuffle] (fastai's PixelShuffle_ICNR, whose default scale is 2). The default norm is NormWeight.
func PixelShuffleICNR(in, out, scale int64, opts ...ConvLayerOption) *Sequential {
	const op = "pixel_shuffle_icnr"
	c := convLayerOf(NormWeight, opts)
	check(op, scale >= 1, "scale is %d: want 1 or more", scale)
	check(op, c.ndim == 2 && !c.transposed, "Dims and Transposed don't go with a PixelShuffle")
	c.biasStd = 0
	c.refill = icnr_
	layers := []Module{c.layer(in, out*scale*scale, 1), &PixelShuffle{Factor: scale}}
	if c.blur {
		layers = append(layers, &Pad{Pads: []int64{1, 0, 1, 0}, Mode: "replicate"}, &AvgPool2d{Kernel: 2, Stride: 1})
	}
	return sequence(layers...)
}

// icnr_ fills a weight so that the outputs which a PixelShuffle by 2 puts side by side are equal (fastai's icnr_init, which assumes 2 for every scale).
func icnr_(t *torch.Tensor) {
	const copies = 2 * 2
	shape := t.Shape()
	n := shape[0] / copies
	check("icnr", n*copies == shape[0], "%d outputs: want a multiple of %d", shape[0], copies)
	kernel := empty(append([]int64{n}, shape[1:]...)...)
	defer kernel.Close()
	KaimingNormal_(kernel, FanIn)
	draw(func() {
		s := torch.NewScope()
		defer s.Close()
		k := kernel.In(s).Transpose(0, 1).Contiguous().View(n, shape[1], -1).Repeat(1, 1, copies)
		t.Copy_(k.Contiguous().View(append([]int64{shape[1], shape[0]}, shape[2:]...)...).Transpose(0, 1))
	})
}

// SelfAttention has each place of N×C×… look at all others, and adds what it finds times Gamma, which begins at 0 (fastai's, of Zhang et al. 2018).
type SelfAttention struct {
	Base
	Gamma             *torch.Tensor // of one element
	Query, Key, Value *Sequential
}

// NewSelfAttention makes an attention for that many channels, 8 or more.
func NewSelfAttention(channels int64) *SelfAttention {
	check("self_attention", channels >= 8, "%d channels: want 8 or more", channels)
	conv := func(out int64) *Sequential {
		return ConvLayer(channels, out, 1, Dims(1), NormSpectral, Act(nil), NoBias())
	}
	m := &SelfAttention{Query: conv(channels / 8), Key: conv(channels / 8), Value: conv(channels)}
	m.Gamma = m.parameter((*torch.Scope)(nil).Zeros(1))
	return m
}

// Forward maps N×C×… to its own shape.
func (m *SelfAttention) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("self_attention", x.Dim() >= 2, "expected N×C×…, got %v", x.Shape())
	shape := x.Shape()
	flat := x.Reshape(shape[0], shape[1], -1)
	query, key, value := Call(m.Query, flat), Call(m.Key, flat), Call(m.Value, flat)
	attention := query.Transpose(1, 2).MatMul(key).Softmax(1)
	return m.ran(x, value.MatMul(attention).Mul(m.Gamma).Add(flat).View(shape...))
}

// SimpleSelfAttention has each channel of N×C×… look at all others, and adds what it finds times Gamma, which begins at 0 (fastai's).
type SimpleSelfAttention struct {
	Base
	Conv  Module
	Gamma *torch.Tensor // of one element
}

// NewSimpleSelfAttention makes an attention for that many channels, 1 or more.
func NewSimpleSelfAttention(channels int64) *SimpleSelfAttention {
	check("simple_self_attention", channels >= 1, "%d channels: want 1 or more", channels)
	conv := NewConv1d(channels, channels, 1, NoBias())
	KaimingNormal_(conv.Weight, FanIn)
	m := &SimpleSelfAttention{Conv: spectralNorm(conv, true)}
	m.Gamma = m.parameter((*torch.Scope)(nil).Zeros(1))
	return m
}

// Forward maps N×C×… to its own shape.
func (m *SimpleSelfAttention) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("simple_self_attention", x.Dim() >= 2, "expected N×C×…, got %v", x.Shape())
	shape := x.Shape()
	flat := x.Reshape(shape[0], shape[1], -1)
	found := flat.MatMul(flat.Transpose(1, 2)).MatMul(Call(m.Conv, flat))
	return m.ran(x, found.Mul(m.Gamma).Add(flat).View(shape...))
}

// PoolFlatten averages N×C×H×W to N×C (fastai's).
func PoolFlatten() *Sequential { return sequence(&AdaptiveAvgPool2d{Size: 1}, &Flatten{}) }

// SequentialEx runs Layers one after the other; a [MergeLayer] among them gets its input too (fastai's).
type SequentialEx struct {
	Base
	Layers []Module
}

// MergeLayer adds the input of the [SequentialEx] around it to its own, or joins their channels (fastai's).
type MergeLayer struct {
	Base
	Dense bool
}

// Forward runs the layers.
func (m *SequentialEx) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	y := x
	for _, l := range m.Layers {
		if merge, ok := l.(*MergeLayer); ok && merge != nil {
			y = consumed(x, y, merge.ran(y, merge.merge(y, x)))
		} else {
			y = Then(x, y, l)
		}
	}
	return m.ran(x, y)
}

// Forward panics: only a SequentialEx knows the other input.
func (m *MergeLayer) Forward(*torch.Tensor) *torch.Tensor {
	given(m)
	panic(&torch.Error{Op: "forward", Msg: "a MergeLayer is run by a SequentialEx around it, whose input it merges"})
}

func (m *MergeLayer) merge(x, orig *torch.Tensor) *torch.Tensor {
	if m.Dense {
		return torch.Cat(1, x, orig)
	}
	return x.Add(orig)
}
