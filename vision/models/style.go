package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// style is the norm and the activation behind the convolutions of a family; nil for none.
type style struct {
	norm func(channels int64) nn.Module
	act  func() nn.Module
}

// conv is a convolution that keeps the size at stride 1, with the style's norm and activation, and a bias where there is no norm
// (torchvision.ops.Conv2dNormActivation).
func (s style) conv(in, out, kernel, stride, groups int64) *nn.Sequential {
	opts := []nn.ConvOption{nn.Stride(stride), nn.Padding((kernel - 1) / 2), nn.Groups(groups)}
	if s.norm != nil {
		opts = append(opts, nn.NoBias())
	}
	layers := []nn.Module{nn.NewConv2d(in, out, kernel, opts...)}
	if s.norm != nil {
		layers = append(layers, s.norm(out))
	}
	if s.act != nil {
		layers = append(layers, s.act())
	}
	return nn.NewSequential(layers...)
}

// linear is the style without an activation.
func (s style) linear() style { return style{norm: s.norm} }

func relu() nn.Module      { return &nn.ReLU{InPlace: true} }
func relu6() nn.Module     { return &nn.ReLU6{InPlace: true} }
func silu() nn.Module      { return &nn.SiLU{InPlace: true} }
func hardswish() nn.Module { return &nn.Hardswish{InPlace: true} }
func gelu() nn.Module      { return &nn.GELU{} }

func batchNorm(channels int64) nn.Module { return nn.NewBatchNorm(channels) }

func batchNormOf(eps, momentum float64) func(channels int64) nn.Module {
	return func(channels int64) nn.Module { return nn.NewBatchNorm(channels, nn.Eps(eps), nn.Momentum(momentum)) }
}

func pool(size int64) nn.Module { return &nn.AdaptiveAvgPool2d{Size: size} }

func maxPool(kernel, stride, padding int64) nn.Module {
	return &nn.MaxPool2d{Kernel: kernel, Stride: stride, Padding: padding}
}
