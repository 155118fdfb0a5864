package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// residual is what both kinds of block share: a path of convolutions, each with
// its batch norm, added to the input, which is downsampled where its shape changes.
type residual struct {
	nn.Base
	path       []nn.Module
	relu       *nn.ReLU
	downsample *nn.Sequential
}

// BasicBlock is two 3×3 convolutions (ResNet-18 and 34).
type BasicBlock struct{ residual }

func newBasicBlock(in, planes, _, _, stride int64, downsample *nn.Sequential) nn.Module {
	b := &BasicBlock{}
	b.build(downsample,
		nn.NewConv2d(in, planes, 3, nn.Stride(stride), nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(planes),
		nn.NewConv2d(planes, planes, 3, nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(planes))
	return b
}

// Bottleneck is a 1×1, a 3×3 and a 1×1 convolution; its output has four times its
// planes (ResNet-50, 101 and 152). Its width is that of the 3×3 convolution.
type Bottleneck struct{ residual }

func newBottleneck(in, planes, width, groups, stride int64, downsample *nn.Sequential) nn.Module {
	b := &Bottleneck{}
	b.build(downsample,
		nn.NewConv2d(in, width, 1, nn.NoBias()), nn.NewBatchNorm(width),
		nn.NewConv2d(width, width, 3, nn.Stride(stride), nn.Padding(1), nn.Groups(groups), nn.NoBias()), nn.NewBatchNorm(width),
		nn.NewConv2d(width, planes*4, 1, nn.NoBias()), nn.NewBatchNorm(planes*4))
	return b
}

// build registers the path under torchvision's names: conv1, bn1, conv2, …
func (b *residual) build(downsample *nn.Sequential, path ...nn.Module) {
	b.relu, b.downsample, b.path = &nn.ReLU{InPlace: true}, downsample, path
	for i, m := range path {
		b.Register([]string{"conv", "bn"}[i%2]+string(rune('1'+i/2)), m)
	}
	b.Register("relu", b.relu)
	if downsample != nil {
		b.Register("downsample", downsample)
	}
}

// Forward maps N×in×H×W to N×out×h×w.
func (b *residual) Forward(x *torch.Tensor) *torch.Tensor {
	y := x
	for i := 0; i < len(b.path); i += 2 {
		if i > 0 {
			y = b.relu.Forward(y)
		}
		y = nn.ThenNormed(x, y, b.path[i], b.path[i+1])
	}
	shortcut := x
	if b.downsample != nil {
		shortcut = nn.Call(b.downsample, x)
		defer shortcut.Close()
	}
	return b.relu.Forward(y.Add_(shortcut))
}
