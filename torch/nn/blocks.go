package nn

import "github.com/fastlearn-go/fastlearn/torch"

// SqueezeExcitation weighs channels by what the whole picture holds (torchvision.ops.SqueezeExcitation).
type SqueezeExcitation struct {
	Base
	AvgPool         *AdaptiveAvgPool2d `nn:"avgpool"`
	FC1, FC2        *Conv2d
	Activation      Module // between both; a new one's is ReLU
	ScaleActivation Module // of the weights; a new one's is Sigmoid
}

// NewSqueezeExcitation makes one that squeezes channels to fewer.
func NewSqueezeExcitation(channels, squeezed int64) *SqueezeExcitation {
	return &SqueezeExcitation{AvgPool: &AdaptiveAvgPool2d{Size: 1}, FC1: NewConv2d(channels, squeezed, 1), FC2: NewConv2d(squeezed, channels, 1),
		Activation: &ReLU{}, ScaleActivation: &Sigmoid{}}
}

// Forward maps N×C×H×W to its own shape.
func (m *SqueezeExcitation) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	scale := x
	for _, l := range []Module{m.AvgPool, m.FC1, m.Activation, m.FC2, m.ScaleActivation} {
		check("squeeze_excitation", !isNil(l), "it lacks a layer: make it by NewSqueezeExcitation")
		scale = Then(x, scale, l)
	}
	defer scale.Close()
	return m.ran(x, x.Mul(scale))
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
