// Package models holds torchvision's 80 architectures for classification, those of timm that people use and fastai's xresnets, with their parameter names, so
// that published weights load by key. [Get] finds one by its name, [List] lists them:
//
//	arch, err := models.Get("convnext_tiny")
//
// The same seed gives Python's fresh weights, and any weights its outputs and gradients.
//
// A family is a file of blocks and a table of numbers; to a family a row can be added, see docs/extending.md. Auxiliary
// heads are left out of what Forward returns and of bodies, see [Auxiliary].
package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: He et al., "Deep Residual Learning for Image Recognition" (2015); torchvision.models.resnet, in which a bottleneck's stride is
// at its 3×3 convolution ("ResNet v1.5").

// ResNet maps pictures N×3×H×W to logits N×classes. Its fields have torchvision's names.
type ResNet struct {
	nn.Base
	Conv1                          *nn.Conv2d
	BN1                            *nn.BatchNorm
	ReLU                           *nn.ReLU      `nn:"relu"`
	MaxPool                        *nn.MaxPool2d `nn:"maxpool"`
	Layer1, Layer2, Layer3, Layer4 *nn.Sequential
	AvgPool                        *nn.AdaptiveAvgPool2d `nn:"avgpool"`
	FC                             *nn.Linear
}

// block makes a residual block of that many planes.
type block func(in, planes, width, groups, stride int64, downsample *nn.Sequential) nn.Module

// resNet is a row of the family's table.
type resNet struct {
	block         block
	expansion     int64
	depths        [4]int
	groups, width int64 // of the 3×3 convolutions, the width for 64 planes
}

var resNets = map[string]resNet{
	"resnet18":  {newBasicBlock, 1, [4]int{2, 2, 2, 2}, 1, 64},
	"resnet34":  {newBasicBlock, 1, [4]int{3, 4, 6, 3}, 1, 64},
	"resnet50":  {newBottleneck, 4, [4]int{3, 4, 6, 3}, 1, 64},
	"resnet101": {newBottleneck, 4, [4]int{3, 4, 23, 3}, 1, 64},
	"resnet152": {newBottleneck, 4, [4]int{3, 8, 36, 3}, 1, 64},
}

// resNeXts are those of Xie et al., "Aggregated Residual Transformations" (2016), and of Zagoruyko and Komodakis, "Wide Residual
// Networks" (2016).
var resNeXts = map[string]resNet{
	"resnext50_32x4d":  {newBottleneck, 4, [4]int{3, 4, 6, 3}, 32, 4},
	"resnext101_32x8d": {newBottleneck, 4, [4]int{3, 4, 23, 3}, 32, 8},
	"resnext101_64x4d": {newBottleneck, 4, [4]int{3, 4, 23, 3}, 64, 4},
	"wide_resnet50_2":  {newBottleneck, 4, [4]int{3, 4, 6, 3}, 1, 128},
	"wide_resnet101_2": {newBottleneck, 4, [4]int{3, 4, 23, 3}, 1, 128},
}

// ResNet18 makes an 18-layer ResNet with fresh weights.
func ResNet18(classes int64) *ResNet { return newResNet(resNets["resnet18"], classes) }

// ResNet34 makes a 34-layer ResNet with fresh weights.
func ResNet34(classes int64) *ResNet { return newResNet(resNets["resnet34"], classes) }

// ResNet50 makes a 50-layer ResNet with fresh weights.
func ResNet50(classes int64) *ResNet { return newResNet(resNets["resnet50"], classes) }

// ResNet101 makes a 101-layer ResNet with fresh weights.
func ResNet101(classes int64) *ResNet { return newResNet(resNets["resnet101"], classes) }

// ResNet152 makes a 152-layer ResNet with fresh weights.
func ResNet152(classes int64) *ResNet { return newResNet(resNets["resnet152"], classes) }

func newResNetModule(c resNet, classes int64) nn.Module { return newResNet(c, classes) }

// newResNet builds the layers in torchvision's order and then fills the
// convolutions as it does, so that the same seed gives the same weights.
func newResNet(c resNet, classes int64) *ResNet {
	m := &ResNet{
		Conv1:   nn.NewConv2d(3, 64, 7, nn.Stride(2), nn.Padding(3), nn.NoBias()),
		BN1:     nn.NewBatchNorm(64),
		ReLU:    &nn.ReLU{InPlace: true},
		MaxPool: &nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1},
		AvgPool: &nn.AdaptiveAvgPool2d{Size: 1},
	}
	in := int64(64)
	layers := [4]**nn.Sequential{&m.Layer1, &m.Layer2, &m.Layer3, &m.Layer4}
	for i, depth := range c.depths {
		planes, stride := int64(64)<<i, int64(1)
		if i > 0 {
			stride = 2
		}
		*layers[i] = newLayer(c, in, planes, depth, stride)
		in = planes * c.expansion
	}
	m.FC = nn.NewLinear(in, classes)
	fill(m, kaimingOut, nil)
	return m
}

// newLayer makes a row of blocks, of which the first changes size and channels.
func newLayer(c resNet, in, planes int64, depth int, stride int64) *nn.Sequential {
	out, width := planes*c.expansion, planes*c.width/64*c.groups
	var downsample *nn.Sequential
	if stride != 1 || in != out {
		downsample = nn.NewSequential(nn.NewConv2d(in, out, 1, nn.Stride(stride), nn.NoBias()), nn.NewBatchNorm(out))
	}
	blocks := []nn.Module{c.block(in, planes, width, c.groups, stride, downsample)}
	for range depth - 1 {
		blocks = append(blocks, c.block(out, planes, width, c.groups, 1, nil))
	}
	return nn.NewSequential(blocks...)
}

// Forward maps N×3×H×W to logits N×classes.
func (m *ResNet) Forward(x *torch.Tensor) *torch.Tensor {
	if m == nil || m.Conv1 == nil {
		panic(&torch.Error{Op: "resnet", Msg: "the module is nil or empty: make it by ResNet18 and the like"})
	}
	return chain(x, m.Conv1, m.BN1, m.ReLU, m.MaxPool, m.Layer1, m.Layer2, m.Layer3, m.Layer4, m.AvgPool, &nn.Flatten{}, m.FC)
}
