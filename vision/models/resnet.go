// Package models holds the ResNets of torchvision, with its parameter names, so
// that its published weights load by key.
//
// Source: He et al., "Deep Residual Learning for Image Recognition" (2015);
// torchvision.models.resnet, in which a bottleneck's stride is at its 3×3
// convolution ("ResNet v1.5").
package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

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
type block func(in, planes, stride int64, downsample *nn.Sequential) nn.Module

// ResNet18 makes an 18-layer ResNet with fresh weights.
func ResNet18(classes int64) *ResNet { return newResNet(newBasicBlock, 1, [4]int{2, 2, 2, 2}, classes) }

// ResNet34 makes a 34-layer ResNet with fresh weights.
func ResNet34(classes int64) *ResNet { return newResNet(newBasicBlock, 1, [4]int{3, 4, 6, 3}, classes) }

// ResNet50 makes a 50-layer ResNet with fresh weights.
func ResNet50(classes int64) *ResNet { return newResNet(newBottleneck, 4, [4]int{3, 4, 6, 3}, classes) }

// ResNet101 makes a 101-layer ResNet with fresh weights.
func ResNet101(classes int64) *ResNet {
	return newResNet(newBottleneck, 4, [4]int{3, 4, 23, 3}, classes)
}

// ResNet152 makes a 152-layer ResNet with fresh weights.
func ResNet152(classes int64) *ResNet {
	return newResNet(newBottleneck, 4, [4]int{3, 8, 36, 3}, classes)
}

// newResNet builds the layers in torchvision's order and then fills the
// convolutions as it does, so that the same seed gives the same weights.
func newResNet(b block, expansion int64, depths [4]int, classes int64) *ResNet {
	m := &ResNet{
		Conv1:   nn.NewConv2d(3, 64, 7, nn.Stride(2), nn.Padding(3), nn.NoBias()),
		BN1:     nn.NewBatchNorm(64),
		ReLU:    &nn.ReLU{InPlace: true},
		MaxPool: &nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1},
		AvgPool: &nn.AdaptiveAvgPool2d{Size: 1},
	}
	in := int64(64)
	layers := [4]**nn.Sequential{&m.Layer1, &m.Layer2, &m.Layer3, &m.Layer4}
	for i, depth := range depths {
		planes, stride := int64(64)<<i, int64(1)
		if i > 0 {
			stride = 2
		}
		*layers[i] = newLayer(b, in, planes, planes*expansion, depth, stride)
		in = planes * expansion
	}
	m.FC = nn.NewLinear(in, classes)
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok {
			nn.KaimingNormal_(conv.Weight, nn.FanOut)
		}
	})
	return m
}

// newLayer makes a row of blocks, of which the first changes size and channels.
func newLayer(b block, in, planes, out int64, depth int, stride int64) *nn.Sequential {
	var downsample *nn.Sequential
	if stride != 1 || in != out {
		downsample = nn.NewSequential(nn.NewConv2d(in, out, 1, nn.Stride(stride), nn.NoBias()), nn.NewBatchNorm(out))
	}
	blocks := []nn.Module{b(in, planes, stride, downsample)}
	for range depth - 1 {
		blocks = append(blocks, b(out, planes, 1, nil))
	}
	return nn.NewSequential(blocks...)
}

// Forward maps N×3×H×W to logits N×classes.
func (m *ResNet) Forward(x *torch.Tensor) *torch.Tensor {
	if m == nil || m.Conv1 == nil {
		panic(&torch.Error{Op: "resnet", Msg: "the module is nil or empty: make it by ResNet18 and the like"})
	}
	in := x
	for _, layer := range []nn.Module{m.Conv1, m.BN1, m.ReLU, m.MaxPool, m.Layer1, m.Layer2, m.Layer3, m.Layer4, m.AvgPool, &nn.Flatten{}, m.FC} {
		x = nn.Then(in, x, layer)
	}
	return x
}
