package nn

// A LinearOption changes a default of [NewLinear].
type LinearOption interface{ linear(*linearConfig) }

type linearConfig struct{ noBias bool }

// A ConvOption changes a default of [NewConv2d] and its like, or of the convolution in a [ConvLayer].
type ConvOption interface {
	conv(*convConfig)
	ConvLayerOption
}

type convConfig struct {
	kernel, stride, padding, dilation, outputPadding []int64
	groups                                           int64
	noBias, same                                     bool
	paddingMode                                      string
}

type convOption func(*convConfig)

func (f convOption) conv(c *convConfig) { f(c) }

// Stride and those below are the options of torch.nn.Conv2d, one number for each dimension or one for all; the defaults are stride 1, padding 0,
// dilation 1, groups 1, with a bias.
func Stride(n ...int64) ConvOption   { return convOption(func(c *convConfig) { c.stride = n }) }
func Padding(n ...int64) ConvOption  { return convOption(func(c *convConfig) { c.padding = n }) }
func Dilation(n ...int64) ConvOption { return convOption(func(c *convConfig) { c.dilation = n }) }
func Groups(n int64) ConvOption      { return convOption(func(c *convConfig) { c.groups = n }) }

// KernelSize sets the kernel's size in each dimension, where it isn't one for all.
func KernelSize(n ...int64) ConvOption { return convOption(func(c *convConfig) { c.kernel = n }) }

// OutputPadding sets what a transposed convolution adds at one side of each dimension (default 0).
func OutputPadding(n ...int64) ConvOption {
	return convOption(func(c *convConfig) { c.outputPadding = n })
}

// A NormOption changes a default of the norms other than [BatchNorm].
type NormOption interface{ norm(*normConfig) }

type normConfig struct {
	eps                     float64
	noAffine, noBias, stats bool
	momentum                float64
	shape                   []int64
}

type normOption func(*normConfig)

func (f normOption) norm(c *normConfig) { f(c) }

// Affine gives an InstanceNorm a weight and a bias (affine=True).
func Affine() NormOption { return normOption(func(c *normConfig) { c.noAffine = false }) }

// NormShape has a LayerNorm normalise over the last dimensions, of these sizes, where it isn't the last one alone.
func NormShape(n ...int64) NormOption { return normOption(func(c *normConfig) { c.shape = n }) }

// RunningStats has an InstanceNorm keep running statistics for evaluation, of that momentum (track_running_stats=True;
// PyTorch's momentum is 0.1).
func RunningStats(momentum float64) NormOption {
	return normOption(func(c *normConfig) { c.stats, c.momentum = true, momentum })
}

// A BatchNormOption changes a default of [NewBatchNorm].
type BatchNormOption interface{ batchNorm(*batchNormOptions) }

type batchNormOptions struct {
	eps, momentum float64
	cumulative    bool
	noAffine      bool
	noStats       bool
}

type batchNormOption func(*batchNormOptions)

func (f batchNormOption) batchNorm(o *batchNormOptions) { f(o) }

// Momentum sets how much of a batch's statistics goes into the running ones (default 0.1).
func Momentum(m float64) BatchNormOption {
	return batchNormOption(func(o *batchNormOptions) { o.momentum, o.cumulative = m, false })
}

// CumulativeAverage makes the running statistics the plain average of all batches (momentum=None).
func CumulativeAverage() BatchNormOption {
	return batchNormOption(func(o *batchNormOptions) { o.cumulative = true })
}

// NoRunningStats leaves out the running statistics: the batch's are used in evaluation too (track_running_stats=False).
func NoRunningStats() BatchNormOption {
	return batchNormOption(func(o *batchNormOptions) { o.noStats = true })
}

// The options that layers of several kinds take.
type (
	EpsOption      float64  // see [Eps]
	NoAffineOption struct{} // see [NoAffine]
	NoBiasOption   struct{} // see [NoBias]
)

// Eps sets what a norm adds to a variance before its root is taken (default 1e-5).
func Eps(eps float64) EpsOption { return EpsOption(eps) }

// NoAffine leaves out the weight and the bias of a norm (affine=False, elementwise_affine=False), as is an InstanceNorm's default.
func NoAffine() NoAffineOption { return NoAffineOption{} }

// NoBias leaves out the bias of a linear layer, of a convolution or of a LayerNorm (bias=False).
func NoBias() NoBiasOption { return NoBiasOption{} }

func (e EpsOption) norm(c *normConfig)               { c.eps = float64(e) }
func (e EpsOption) batchNorm(o *batchNormOptions)    { o.eps = float64(e) }
func (NoAffineOption) norm(c *normConfig)            { c.noAffine = true }
func (NoAffineOption) batchNorm(o *batchNormOptions) { o.noAffine = true }
func (NoBiasOption) linear(c *linearConfig)          { c.noBias = true }
func (NoBiasOption) conv(c *convConfig)              { c.noBias = true }
func (NoBiasOption) norm(c *normConfig)              { c.noBias = true }
