package nn

import "github.com/fastlearn-go/fastlearn/torch"

// NormType is the option of [ConvLayer] and [PixelShuffleICNR] that chooses how they normalise (fastai's norm_type).
type NormType int

// The norms, as fastai's NormType names them, and none.
const (
	NormBatch        NormType = iota // a BatchNorm, ConvLayer's default
	NormBatchZero                    // a BatchNorm of weight 0
	NormWeight                       // [WeightNorm] of the convolution, PixelShuffleICNR's default
	NormSpectral                     // [SpectralNorm] of the convolution
	NormInstance                     // an InstanceNorm with weight and bias
	NormInstanceZero                 // an InstanceNorm of weight 0
	NormNone
)

// A ConvLayerOption changes a default of [ConvLayer]; every [ConvOption] is one too, and applies to the convolution.
type ConvLayerOption interface{ convLayer(*convLayerConfig) }

type convLayerConfig struct {
	conv                 []ConvOption
	norm                 NormType
	act                  Module
	actFirst, transposed bool
	withBias, blur       bool
	ndim                 int
	init, refill         func(weight *torch.Tensor) // refill: after init and norm
	biasStd              float64
	extra                Module
}

type convLayerOption func(*convLayerConfig)

func (f convLayerOption) convLayer(c *convLayerConfig) { f(c) }
func (f convOption) convLayer(c *convLayerConfig)      { c.conv = append(c.conv, f) }
func (o NoBiasOption) convLayer(c *convLayerConfig)    { c.conv = append(c.conv, o) }
func (t NormType) convLayer(c *convLayerConfig)        { c.norm = t }

// Act sets the activation, nil for none (default ReLU; act_cls).
func Act(m Module) ConvLayerOption { return convLayerOption(func(c *convLayerConfig) { c.act = m }) }

// ActFirst puts the activation before the norm (bn_1st=False).
func ActFirst() ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.actFirst = true })
}

// Transposed makes the convolution a transposed one, whose padding is 0 by default (transpose=True).
func Transposed() ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.transposed = true })
}

// Dims sets the number of dimensions that the convolution moves along, 1 to 3 (default 2; ndim).
func Dims(n int) ConvLayerOption { return convLayerOption(func(c *convLayerConfig) { c.ndim = n }) }

// WithBias gives the convolution a bias although a norm follows (bias=True).
func WithBias() ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.withBias = true })
}

// Init sets how the convolution's weight is filled, such as [KaimingUniform_]. The default goes by the activation (init).
func Init(fill func(weight *torch.Tensor)) ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.init = fill })
}

// BiasStd sets the standard deviation of the convolution's bias (default 0.01; bias_std).
func BiasStd(std float64) ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.biasStd = std })
}

// Extra adds a module at the end (xtra).
func Extra(m Module) ConvLayerOption {
	return convLayerOption(func(c *convLayerConfig) { c.extra = m })
}

// Blur has a [PixelShuffleICNR] average each pixel with its neighbours above and to the left (blur=True).
func Blur() ConvLayerOption { return convLayerOption(func(c *convLayerConfig) { c.blur = true }) }
