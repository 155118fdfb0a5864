package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

func normOf(op string, noAffine bool, opts []NormOption) normConfig {
	c := normConfig{eps: 1e-5, noAffine: noAffine}
	for i, opt := range opts {
		check(op, opt != nil, "option %d is nil", i+1)
		opt.norm(&c)
	}
	check(op, op == "layer_norm" || !c.noBias && c.shape == nil, "NoBias and NormShape are for a LayerNorm alone")
	check(op, op == "instance_norm" || !c.stats, "RunningStats is for an InstanceNorm alone")
	return c
}

// affine makes a weight of ones and a bias of zeros, as configured.
func (c normConfig) affine(b *Base, shape []int64) (weight, bias *torch.Tensor) {
	var own *torch.Scope
	if c.noAffine {
		return nil, nil
	}
	weight = b.parameter(own.Ones(shape...))
	if !c.noBias {
		bias = b.parameter(own.Zeros(shape...))
	}
	return weight, bias
}

// LayerNorm normalises over the last dimensions, which are Shape (torch.nn.LayerNorm).
type LayerNorm struct {
	Base
	Weight, Bias *torch.Tensor // of that shape; nil without
	shape        []int64
	config       normConfig
}

// NewLayerNorm makes a norm over the last dimension, of that many features, or over those of [NormShape]; of weight 1 and bias 0.
func NewLayerNorm(features int64, opts ...NormOption) *LayerNorm {
	m := &LayerNorm{config: normOf("layer_norm", false, opts)}
	if m.shape = slices.Clone(m.config.shape); m.shape == nil {
		m.shape = []int64{features}
	}
	m.Weight, m.Bias = m.config.affine(&m.Base, m.shape)
	return m
}

// IsNorm reports that the module is a norm, see [Norm].
func (m *LayerNorm) IsNorm() bool { return true }

// Forward maps … to its own shape.
func (m *LayerNorm) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.LayerNorm(x, m.Weight, m.Bias, m.config.eps, m.shape...))
}

// LayerNorm2d is a [LayerNorm] over the channels of N×C×H×W (torchvision's and timm's).
type LayerNorm2d struct{ LayerNorm }

// NewLayerNorm2d makes a norm of weight 1 and bias 0; torchvision's and timm's eps is 1e-6.
func NewLayerNorm2d(channels int64, opts ...NormOption) *LayerNorm2d {
	m := &LayerNorm2d{LayerNorm{shape: []int64{channels}, config: normOf("layer_norm", false, opts)}}
	check("layer_norm", m.config.shape == nil, "NormShape is for a LayerNorm alone")
	m.Weight, m.Bias = m.config.affine(&m.Base, m.shape)
	return m
}

// Forward maps N×C×H×W to its own shape.
func (m *LayerNorm2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	last := x.Permute(0, 2, 3, 1)
	defer last.Close()
	y := torch.LayerNorm(last, m.Weight, m.Bias, m.config.eps, m.shape...)
	defer y.Close()
	return m.ran(x, y.Permute(0, 3, 1, 2))
}

// GroupNorm normalises groups of channels of N×C×… (torch.nn.GroupNorm).
type GroupNorm struct {
	Base
	Weight, Bias     *torch.Tensor // C; nil without
	groups, channels int64
	config           normConfig
}

// NewGroupNorm makes a norm of weight 1 and bias 0.
func NewGroupNorm(groups, channels int64, opts ...NormOption) *GroupNorm {
	check("group_norm", groups >= 1 && channels%groups == 0, "num_channels %d must be divisible by num_groups %d", channels, groups)
	m := &GroupNorm{groups: groups, channels: channels, config: normOf("group_norm", false, opts)}
	m.Weight, m.Bias = m.config.affine(&m.Base, []int64{channels})
	return m
}

// Forward maps N×C×… to its own shape.
func (m *GroupNorm) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.GroupNorm(x, m.groups, m.Weight, m.Bias, m.config.eps))
}

// InstanceNorm normalises each channel of each item of N×C×L, C×L, N×C×H×W or N×C×D×H×W (torch.nn.InstanceNorm1d to 3d, which
// differ only in the shapes they take).
type InstanceNorm struct {
	Base
	Weight, Bias            *torch.Tensor // C; nil unless Affine
	RunningMean, RunningVar *torch.Tensor `nn:",buffer"` // C; nil unless RunningStats
	NumBatchesTracked       *torch.Tensor `nn:",buffer"`
	channels                int64
	config                  normConfig
}

// NewInstanceNorm makes a norm without parameters, unless opts say otherwise.
func NewInstanceNorm(channels int64, opts ...NormOption) *InstanceNorm {
	var own *torch.Scope
	m := &InstanceNorm{channels: channels, config: normOf("instance_norm", true, opts)}
	m.Weight, m.Bias = m.config.affine(&m.Base, []int64{channels})
	if m.config.stats {
		m.RunningMean, m.RunningVar, m.NumBatchesTracked = own.Zeros(channels), own.Ones(channels), own.With(torch.Int64).Zeros()
	}
	return m
}

// IsNorm reports that the module is a norm, see [Norm].
func (m *InstanceNorm) IsNorm() bool { return true }

// Forward normalises by the item, or in evaluation by the running statistics, where they are kept.
func (m *InstanceNorm) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	shape := x.Shape()
	if len(shape) == 2 {
		batch := x.Unsqueeze(0)
		defer batch.Close()
		y := m.normalize(batch)
		defer y.Close()
		return m.ran(x, y.Squeeze(0))
	}
	check("instance_norm", len(shape) >= 3 && len(shape) <= 5, "expected N×C×… with one to three dimensions behind C, or C×L, got %v", shape)
	return m.ran(x, m.normalize(x))
}

func (m *InstanceNorm) normalize(x *torch.Tensor) *torch.Tensor {
	shape := x.Shape()
	check("instance_norm", shape[1] == m.channels, "expected %d channels, got %v", m.channels, shape)
	own := m.Training() || !m.config.stats // the batch's own statistics
	check("instance_norm", !own || product(shape[2:]) != 1, "Expected more than 1 spatial element when training or without running statistics, got input size %v", shape)
	return call("aten::instance_norm", x, m.Weight, m.Bias, m.RunningMean, m.RunningVar, own, usual(m.config.momentum, 0.1), m.config.eps, true)
}

func product(sizes []int64) int64 {
	n := int64(1)
	for _, d := range sizes {
		n *= d
	}
	return n
}

// LocalResponseNorm divides by a power of the mean square of Size channels around each (torch.nn.LocalResponseNorm). Zero
// values are the defaults: Alpha 1e-4, Beta 0.75, K 1.
type LocalResponseNorm struct {
	Base
	Size           int64
	Alpha, Beta, K float64
}

// Forward maps N×C×… to its own shape.
func (m *LocalResponseNorm) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("local_response_norm", m.Size >= 1, "Size is %d: want 1 or more", m.Size)
	check("local_response_norm", x.Dim() >= 3, "expected N×C×…, got %d dimensions", x.Dim())
	if x.Numel() == 0 {
		return m.ran(x, x)
	}
	shape := x.Shape()
	flat := x.Reshape(shape[0], 1, shape[1], -1)
	padded := torch.Pad(flat.Mul(flat), []int64{0, 0, m.Size / 2, (m.Size - 1) / 2}, "constant", 0)
	mean := call("aten::avg_pool2d", padded, []int64{m.Size, 1}, 1).View(shape...)
	return m.ran(x, x.Div(mean.MulScalar(usual(m.Alpha, 1e-4)).AddScalar(usual(m.K, 1)).PowScalar(usual(m.Beta, 0.75))))
}

func (m *LayerNorm) String() string {
	return printed(m, func() string {
		return repr(m, "%v, eps=%v, elementwise_affine=%v", m.shape, m.config.eps, !m.config.noAffine)
	})
}
func (m *LayerNorm2d) String() string {
	return printed(m, func() string {
		return repr(m, "%v, eps=%v, elementwise_affine=%v", m.shape, m.config.eps, !m.config.noAffine)
	})
}
func (m *GroupNorm) String() string {
	return printed(m, func() string {
		return repr(m, "%v, %v, eps=%v, affine=%v", m.groups, m.channels, m.config.eps, !m.config.noAffine)
	})
}
func (m *InstanceNorm) String() string {
	return printed(m, func() string {
		return repr(m, "%v, eps=%v, momentum=%v, affine=%v, track_running_stats=%v", m.channels, m.config.eps, usual(m.config.momentum, 0.1), !m.config.noAffine, m.config.stats)
	})
}
func (m *LocalResponseNorm) String() string {
	return printed(m, func() string {
		return repr(m, "%v, alpha=%v, beta=%v, k=%v", m.Size, usual(m.Alpha, 1e-4), usual(m.Beta, 0.75), usual(m.K, 1))
	})
}
