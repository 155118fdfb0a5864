package nn

import "github.com/fastlearn-go/fastlearn/torch"

// SqueezeExcitation weighs channels by what the whole picture holds (torchvision.ops.SqueezeExcitation, with ReLU and Sigmoid).
type SqueezeExcitation struct {
	Base
	FC1, FC2 *Conv2d
}

// NewSqueezeExcitation makes one that squeezes channels to fewer.
func NewSqueezeExcitation(channels, squeezed int64) *SqueezeExcitation {
	return &SqueezeExcitation{FC1: NewConv2d(channels, squeezed, 1), FC2: NewConv2d(squeezed, channels, 1)}
}

// Forward maps N×C×H×W to its own shape.
func (m *SqueezeExcitation) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	scale := Call(m.FC2, Call(m.FC1, torch.AdaptiveAvgPool2d(x, 1)).Relu())
	return m.ran(x, x.Mul(scale.Sigmoid()))
}

// ConvNormAct is a convolution that keeps the size at stride 1, a batch norm and an activation, nil for none
// (torchvision.ops.Conv2dNormActivation).
func ConvNormAct(in, out, kernel int64, act Module, opts ...ConvOption) *Sequential {
	return sequence(NewConv2d(in, out, kernel, append([]ConvOption{same(kernel, opts), NoBias()}, opts...)...), NewBatchNorm(out), act)
}

// same pads so that a stride of 1 keeps the size, at the dilation among opts.
func same(kernel int64, opts []ConvOption) ConvOption {
	var c convConfig
	for _, opt := range opts {
		if opt != nil {
			opt.conv(&c)
		}
	}
	dilation := int64(1)
	if len(c.dilation) > 0 {
		dilation = c.dilation[0]
	}
	return Padding((kernel - 1) / 2 * dilation)
}

// sequence is a Sequential of what isn't nil.
func sequence(modules ...Module) *Sequential {
	s := &Sequential{}
	for _, m := range modules {
		if !isNil(m) {
			s.Register(py(int64(len(s.children))), m)
		}
	}
	return s
}

// ConvLayer is fastai's convolution, batch norm and ReLU: it is filled by kaiming_uniform_, and the norm's bias is 0.001.
func ConvLayer(in, out, kernel int64, opts ...ConvOption) *Sequential {
	conv := NewConv2d(in, out, kernel, append([]ConvOption{Padding((kernel - 1) / 2), NoBias()}, opts...)...)
	KaimingUniform_(conv.Weight)
	norm := NewBatchNorm(out)
	Constant_(norm.Bias, 1e-3)
	return sequence(conv, norm, &ReLU{})
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
