package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Conv2d convolves pictures N×C×H×W (torch.nn.Conv2d).
type Conv2d struct {
	Base
	Weight, Bias *torch.Tensor // out×in/groups×k×k; Bias nil without one
	options      torch.Conv2dOptions
	padding      *padding
	printed      [2]string // the padding and its mode

	packing bool
	packed  *packedConv `nn:"-"` // nil: not yet, or no more
	seen    int64       // 1 + the weight's version in the last pass that would have used a packed one
}

// NewConv2d makes a convolution, filled as PyTorch fills it; [KernelSize] makes its kernels other than square.
func NewConv2d(in, out, kernel int64, opts ...ConvOption) *Conv2d {
	c := convOf("conv2d", 2, in, out, kernel, false, opts)
	m := &Conv2d{options: torch.Conv2dOptions{Stride: [2]int64(c.options.Stride), Padding: [2]int64(c.options.Padding),
		Dilation: [2]int64(c.options.Dilation), Groups: c.options.Groups}, padding: c.padding, printed: c.printed}
	m.Weight, m.Bias = c.fill(&m.Base)
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *Conv2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, m.forward(x, nil))
}

// forward is the pass through the convolution and the norm behind it, if one is given.
func (m *Conv2d) forward(x *torch.Tensor, norm *BatchNorm) *torch.Tensor {
	return m.padding.around(x, func(x *torch.Tensor) *torch.Tensor {
		if p := m.ready(x, norm); p != nil {
			return torch.PackedConv2d(x, p.weight, p.bias, m.options)
		}
		y := torch.Conv2d(x, m.Weight, m.Bias, m.options)
		if norm == nil {
			return y
		}
		return Then(x, y, norm)
	})
}

// Linear is x·Wᵀ + b (torch.nn.Linear).
type Linear struct {
	Base
	Weight, Bias *torch.Tensor // out×in; Bias nil without one
}

// NewLinear makes a linear layer, filled as PyTorch fills it.
func NewLinear(in, out int64, opts ...LinearOption) *Linear {
	var c linearConfig
	for i, opt := range opts {
		check("linear", opt != nil, "option %d is nil", i+1)
		opt.linear(&c)
	}
	m := &Linear{}
	m.Weight = m.parameter(empty(out, in))
	defaultWeight_(m.Weight)
	if !c.noBias {
		m.Bias = m.parameter(empty(out))
		defaultBias_(m.Bias, m.Weight)
	}
	return m
}

// Forward maps …×in to …×out.
func (m *Linear) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.Linear(x, m.Weight, m.Bias))
}

// ReLU is max(x, 0); in place as in torchvision's models, which use it only on
// tensors that nobody else reads.
type ReLU struct {
	Base
	InPlace bool
}

// Forward returns x itself when in place.
func (m *ReLU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	if m.InPlace {
		return m.ran(x, x.Relu_())
	}
	return m.ran(x, x.Relu())
}

// Flatten joins all dimensions but the first.
type Flatten struct{ Base }

// Forward maps N×… to N×n.
func (m *Flatten) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Flatten(1, -1))
}
