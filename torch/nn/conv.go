package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// convolution is what all convolutions but [Conv2d] are.
type convolution struct {
	Base
	Weight, Bias *torch.Tensor // out×in/groups×k…, transposed in×out/groups×k…; Bias nil without one
	kernel       []int64
	in, out      int64
	noBias       bool
	options      torch.ConvolutionOptions
	padding      *padding
	printed      [2]string // the padding and its mode
}

// The convolutions of torch.nn. A transposed one is made by its own constructor, of the same options.
type (
	Conv1d          struct{ convolution } // sequences N×C×L
	Conv3d          struct{ convolution } // volumes N×C×D×H×W
	ConvTranspose1d struct{ convolution }
	ConvTranspose2d struct{ convolution }
	ConvTranspose3d struct{ convolution }
)

// NewConv1d makes a convolution of sequences, filled as PyTorch fills it.
func NewConv1d(in, out, kernel int64, opts ...ConvOption) *Conv1d {
	m := &Conv1d{convOf("conv1d", 1, in, out, kernel, false, opts)}
	m.Weight, m.Bias = m.fill(&m.Base)
	return m
}

// NewConv3d makes a convolution of volumes, filled as PyTorch fills it.
func NewConv3d(in, out, kernel int64, opts ...ConvOption) *Conv3d {
	m := &Conv3d{convOf("conv3d", 3, in, out, kernel, false, opts)}
	m.Weight, m.Bias = m.fill(&m.Base)
	return m
}

// NewConvTranspose1d makes a transposed convolution of sequences, filled as PyTorch fills it.
func NewConvTranspose1d(in, out, kernel int64, opts ...ConvOption) *ConvTranspose1d {
	m := &ConvTranspose1d{convOf("conv_transpose1d", 1, in, out, kernel, true, opts)}
	m.Weight, m.Bias = m.fill(&m.Base)
	return m
}

// NewConvTranspose2d makes a transposed convolution of pictures, filled as PyTorch fills it.
func NewConvTranspose2d(in, out, kernel int64, opts ...ConvOption) *ConvTranspose2d {
	m := &ConvTranspose2d{convOf("conv_transpose2d", 2, in, out, kernel, true, opts)}
	m.Weight, m.Bias = m.fill(&m.Base)
	return m
}

// NewConvTranspose3d makes a transposed convolution of volumes, filled as PyTorch fills it.
func NewConvTranspose3d(in, out, kernel int64, opts ...ConvOption) *ConvTranspose3d {
	m := &ConvTranspose3d{convOf("conv_transpose3d", 3, in, out, kernel, true, opts)}
	m.Weight, m.Bias = m.fill(&m.Base)
	return m
}

// convOf reads the arguments of a convolution of n dimensions.
func convOf(op string, n int, in, out, kernel int64, transposed bool, opts []ConvOption) convolution {
	c := convConfig{kernel: []int64{kernel}, groups: 1}
	for i, opt := range opts {
		check(op, opt != nil, "option %d is nil", i+1)
		opt.conv(&c)
	}
	check(op, c.groups >= 1, "groups is %d: want 1 or more", c.groups)
	each := func(what string, v []int64, otherwise, least int64) []int64 {
		if len(v) == 0 {
			v = []int64{otherwise}
		}
		check(op, len(v) == 1 || len(v) == n, "%s is %v: want 1 or %d numbers", what, v, n)
		check(op, slices.Min(v) >= least, "%s is %d: want %d or more", what, slices.Min(v), least)
		if len(v) < n {
			v = slices.Repeat(v[:1], n)
		}
		return v
	}
	check(op, in%c.groups == 0, "in_channels %d must be divisible by groups %d", in, c.groups)
	check(op, out%c.groups == 0, "out_channels %d must be divisible by groups %d", out, c.groups)
	check(op, transposed || len(c.outputPadding) == 0, "OutputPadding is for transposed convolutions alone")
	m := convolution{kernel: each("kernel", c.kernel, 0, -1<<62), in: in, out: out, noBias: c.noBias, options: torch.ConvolutionOptions{
		Stride: each("stride", c.stride, 1, 1), Padding: slices.Clone(each("padding", c.padding, 0, -1<<62)), Dilation: each("dilation", c.dilation, 1, 1),
		OutputPadding: each("output padding", c.outputPadding, 0, 0), Groups: c.groups, Transposed: transposed}}
	m.padding, m.printed[0] = c.extract(op, m.kernel, &m.options)
	if c.paddingMode != "" && c.paddingMode != "zeros" {
		m.printed[1] = ", padding_mode=" + c.paddingMode
	}
	return m
}

// fill makes the parameters, which belong to b.
func (m *convolution) fill(b *Base) (weight, bias *torch.Tensor) {
	outer, inner := m.out, m.in
	if m.options.Transposed {
		outer, inner = inner, outer
	}
	weight = b.parameter(empty(append([]int64{outer, inner / m.options.Groups}, m.kernel...)...))
	defaultWeight_(weight)
	if !m.noBias {
		bias = b.parameter(empty(m.out))
		defaultBias_(bias, weight)
	}
	return weight, bias
}

// Forward maps N×in×… to N×out×….
func (m *convolution) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, m.convolve(x, m.Weight, m.Bias))
}

func (m *convolution) convolve(x, weight, bias *torch.Tensor) *torch.Tensor {
	return m.padding.around(x, func(x *torch.Tensor) *torch.Tensor { return torch.Convolution(x, weight, bias, m.options) })
}

func (m *Conv1d) String() string { return printed(m, func() string { return m.repr("Conv1d") }) }
func (m *Conv3d) String() string { return printed(m, func() string { return m.repr("Conv3d") }) }
func (m *ConvTranspose1d) String() string {
	return printed(m, func() string { return m.repr("ConvTranspose1d") })
}
func (m *ConvTranspose2d) String() string {
	return printed(m, func() string { return m.repr("ConvTranspose2d") })
}
func (m *ConvTranspose3d) String() string {
	return printed(m, func() string { return m.repr("ConvTranspose3d") })
}

// String returns what PyTorch prints.
func (m *Conv2d) String() string {
	return printed(m, func() string {
		o := m.options
		c := convolution{in: m.Weight.Size(1) * o.Groups, out: m.Weight.Size(0), kernel: m.Weight.Shape()[2:], noBias: m.Bias == nil, printed: m.printed,
			options: torch.ConvolutionOptions{Stride: o.Stride[:], Dilation: o.Dilation[:], Groups: o.Groups}}
		return c.repr("Conv2d")
	})
}

func (m *convolution) repr(name string) string {
	s := name + "(" + py(m.in) + ", " + py(m.out) + ", kernel_size=" + py(m.kernel) + ", stride=" + py(m.options.Stride) + m.printed[0]
	for _, o := range []struct {
		name  string
		value []int64
		usual int64
	}{{"dilation", m.options.Dilation, 1}, {"output_padding", m.options.OutputPadding, 0}} {
		if slices.ContainsFunc(o.value, func(v int64) bool { return v != o.usual }) {
			s += ", " + o.name + "=" + py(o.value)
		}
	}
	if m.options.Groups != 1 {
		s += ", groups=" + py(m.options.Groups)
	}
	if m.noBias {
		s += ", bias=False"
	}
	return s + m.printed[1] + ")"
}
