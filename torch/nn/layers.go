package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Conv2d convolves pictures N×C×H×W (torch.nn.Conv2d).
type Conv2d struct {
	Base
	Weight, Bias *torch.Tensor // out×in/groups×k×k; Bias nil without one
	options      torch.Conv2dOptions

	packing packing
	packed  *packedConv `nn:"-"` // nil: not yet, or no more
	seen    int64       // 1 + the weight's version in the last pass that would have used a packed one
}

// Conv2dOption changes a default of [NewConv2d].
type Conv2dOption func(*conv2dConfig)

type conv2dConfig struct {
	stride, padding, dilation, groups int64
	bias                              bool
}

// The options of torch.nn.Conv2d; the defaults are stride 1, padding 0,
// dilation 1, groups 1, with a bias.
func Stride(n int64) Conv2dOption   { return func(c *conv2dConfig) { c.stride = n } }
func Padding(n int64) Conv2dOption  { return func(c *conv2dConfig) { c.padding = n } }
func Dilation(n int64) Conv2dOption { return func(c *conv2dConfig) { c.dilation = n } }
func Groups(n int64) Conv2dOption   { return func(c *conv2dConfig) { c.groups = n } }
func NoBias() Conv2dOption          { return func(c *conv2dConfig) { c.bias = false } }

// NewConv2d makes a convolution with square kernels, filled as PyTorch fills it.
func NewConv2d(in, out, kernel int64, opts ...Conv2dOption) *Conv2d {
	c := conv2dConfig{stride: 1, dilation: 1, groups: 1, bias: true}
	for i, opt := range opts {
		check("conv2d", opt != nil, "option %d is nil", i+1)
		opt(&c)
	}
	check("conv2d", c.groups >= 1, "groups is %d: want 1 or more", c.groups)
	check("conv2d", c.stride >= 1 && c.dilation >= 1, "stride is %d and dilation %d: want 1 or more", c.stride, c.dilation)
	check("conv2d", in%c.groups == 0, "in_channels %d must be divisible by groups %d", in, c.groups)
	check("conv2d", out%c.groups == 0, "out_channels %d must be divisible by groups %d", out, c.groups)
	m := &Conv2d{options: torch.Conv2dOptions{
		Stride: [2]int64{c.stride, c.stride}, Padding: [2]int64{c.padding, c.padding},
		Dilation: [2]int64{c.dilation, c.dilation}, Groups: c.groups,
	}}
	m.Weight = m.parameter(empty(out, in/c.groups, kernel, kernel))
	defaultWeight_(m.Weight)
	if c.bias {
		m.Bias = m.parameter(empty(out))
		defaultBias_(m.Bias, m.Weight)
	}
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *Conv2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, m.forward(x, nil))
}

// forward is the pass through the convolution and the norm behind it, if one is given.
func (m *Conv2d) forward(x *torch.Tensor, norm *BatchNorm) *torch.Tensor {
	if p := m.ready(x, norm); p != nil {
		return torch.PackedConv2d(x, p.weight, p.bias, m.options)
	}
	y := torch.Conv2d(x, m.Weight, m.Bias, m.options)
	if norm == nil {
		return y
	}
	return Then(x, y, norm)
}

// Linear is x·Wᵀ + b (torch.nn.Linear).
type Linear struct {
	Base
	Weight, Bias *torch.Tensor // out×in; Bias nil without one
}

// NewLinear makes a linear layer, filled as PyTorch fills it.
func NewLinear(in, out int64, bias bool) *Linear {
	m := &Linear{}
	m.Weight = m.parameter(empty(out, in))
	defaultWeight_(m.Weight)
	if bias {
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

// MaxPool2d takes the largest element of each window. A Stride of 0 is that of the Kernel, as PyTorch's default.
type MaxPool2d struct {
	Base
	Kernel, Stride, Padding int64
}

// Forward maps N×C×H×W to N×C×h×w.
func (m *MaxPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.MaxPool2d(x, m.Kernel, m.Stride, m.Padding))
}

// AdaptiveAvgPool2d averages to N×C×Size×Size.
type AdaptiveAvgPool2d struct {
	Base
	Size int64
}

// Forward maps N×C×H×W to N×C×Size×Size.
func (m *AdaptiveAvgPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.AdaptiveAvgPool2d(x, m.Size))
}

// AdaptiveMaxPool2d takes the largest elements, to N×C×Size×Size.
type AdaptiveMaxPool2d struct {
	Base
	Size int64
}

// Forward maps N×C×H×W to N×C×Size×Size.
func (m *AdaptiveMaxPool2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.AdaptiveMaxPool2d(x, m.Size))
}

// Flatten joins all dimensions but the first.
type Flatten struct{ Base }

// Forward maps N×… to N×n.
func (m *Flatten) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Flatten(1, -1))
}

// Dropout zeroes elements with probability P, 0 to 1, in training and scales the others by 1/(1-P).
type Dropout struct {
	Base
	P float64
}

// Forward returns x itself in evaluation.
func (m *Dropout) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("dropout", m.P >= 0 && m.P <= 1, "P is %v: a probability has to be between 0 and 1", m.P)
	if !m.Training() || m.P == 0 {
		return m.ran(x, x)
	}
	return m.ran(x, torch.Dropout(x, m.P, true))
}
