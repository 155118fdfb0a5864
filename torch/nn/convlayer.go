package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// ConvLayer is fastai's convolution, norm and activation, fastai's default kernel is 3. At stride 1 an odd kernel keeps the size. Unless options
// say otherwise the convolution has a bias only where no batch or instance norm follows, and its weight is filled by [KaimingUniform_] before a
// ReLU, ReLU6, LeakyReLU, SiLU or Mish, by [XavierUniform_] before a Sigmoid or Tanh, and otherwise as PyTorch fills it. Norms begin with a bias of 0.001.
func ConvLayer(in, out, kernel int64, opts ...ConvLayerOption) *Sequential {
	c := convLayerOf(NormBatch, opts)
	check("conv_layer", !c.blur, "Blur is for PixelShuffleICNR alone")
	return c.layer(in, out, kernel)
}

func convLayerOf(norm NormType, opts []ConvLayerOption) convLayerConfig {
	c := convLayerConfig{norm: norm, act: &ReLU{}, ndim: 2, biasStd: 0.01}
	for i, opt := range opts {
		check("conv_layer", opt != nil, "option %d is nil", i+1)
		opt.convLayer(&c)
	}
	check("conv_layer", c.norm >= NormBatch && c.norm <= NormNone, "NormType(%d) is none of fastai's", c.norm)
	check("conv_layer", c.ndim >= 1 && c.ndim <= 3, "Dims is %d: want 1 to 3", c.ndim)
	return c
}

// layer makes the layer. Its first child has the convolution.
func (c convLayerConfig) layer(in, out, kernel int64) *Sequential {
	norm := c.normOf(out)
	var opts []ConvOption
	if !c.transposed {
		opts = append(opts, Padding((kernel-1)/2))
	}
	if norm != nil && !c.withBias {
		opts = append(opts, NoBias())
	}
	conv := convolutions[c.transposed][c.ndim-1](in, out, kernel, append(opts, c.conv...))
	c.fill(conv)
	weight, _ := conv.(weighted).weightAndBias()
	if c.norm == NormSpectral {
		conv = spectralNorm(conv, true) // draws ahead of refill
	}
	if c.refill != nil {
		c.refill(weight)
	}
	if c.norm == NormWeight {
		conv = weightNorm(conv, true)
	}
	rest := []Module{norm, c.act}
	if c.actFirst {
		slices.Reverse(rest)
	}
	return sequence(conv, rest[0], rest[1], c.extra)
}

// convolutions makes each kind, transposed or not, by its number of dimensions.
var convolutions = map[bool][3]func(in, out, kernel int64, opts []ConvOption) Module{
	false: {
		func(in, out, k int64, opts []ConvOption) Module { return NewConv1d(in, out, k, opts...) },
		func(in, out, k int64, opts []ConvOption) Module { return NewConv2d(in, out, k, opts...) },
		func(in, out, k int64, opts []ConvOption) Module { return NewConv3d(in, out, k, opts...) },
	},
	true: {
		func(in, out, k int64, opts []ConvOption) Module { return NewConvTranspose1d(in, out, k, opts...) },
		func(in, out, k int64, opts []ConvOption) Module { return NewConvTranspose2d(in, out, k, opts...) },
		func(in, out, k int64, opts []ConvOption) Module { return NewConvTranspose3d(in, out, k, opts...) },
	},
}

// fill draws the convolution's bias and weight as fastai's init_linear does.
func (c convLayerConfig) fill(conv Module) {
	weight, bias := conv.(weighted).weightAndBias()
	switch {
	case bias == nil:
	case c.biasStd == 0:
		Constant_(bias, 0)
	default:
		draw(func() { bias.Normal_(0, c.biasStd) })
	}
	init := c.init
	if init == nil {
		switch c.act.(type) {
		case *ReLU, *ReLU6, *LeakyReLU, *Mish, *SiLU:
			init = KaimingUniform_
		case *Sigmoid, *Tanh:
			init = XavierUniform_
		}
	}
	if init != nil {
		init(weight)
	}
}

// normOf makes the norm behind the convolution, nil for none.
func (c convLayerConfig) normOf(features int64) Module {
	var norm Module
	var weight, bias *torch.Tensor
	switch c.norm {
	case NormBatch, NormBatchZero:
		n := NewBatchNorm(features)
		norm, weight, bias = n, n.Weight, n.Bias
	case NormInstance, NormInstanceZero:
		n := NewInstanceNorm(features, Affine())
		norm, weight, bias = n, n.Weight, n.Bias
	default:
		return nil
	}
	Constant_(bias, 1e-3)
	if c.norm == NormBatchZero || c.norm == NormInstanceZero {
		Constant_(weight, 0)
	}
	return norm
}
