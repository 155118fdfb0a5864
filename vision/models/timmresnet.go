package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// timmResNet is a ResNet of timm: D has three convolutions for a stem and averages where it goes down; seresnext has squeeze-and-excitation.
type timmResNet struct {
	bottleneck    bool
	depths        [4]int
	stem          [2]int64 // channels of the first two of three convolutions; 0 for one
	groups, width int64
	squeeze       bool
}

// Source: He et al., "Bag of Tricks for Image Classification" (2018); Hu et al., "Squeeze-and-Excitation Networks" (2017).
var timmResNets = map[string]timmResNet{
	"resnet18d":         {false, [4]int{2, 2, 2, 2}, [2]int64{32, 32}, 1, 64, false},
	"resnet26d":         {true, [4]int{2, 2, 2, 2}, [2]int64{32, 32}, 1, 64, false},
	"resnet34d":         {false, [4]int{3, 4, 6, 3}, [2]int64{32, 32}, 1, 64, false},
	"resnet50d":         {true, [4]int{3, 4, 6, 3}, [2]int64{32, 32}, 1, 64, false},
	"resnet101d":        {true, [4]int{3, 4, 23, 3}, [2]int64{32, 32}, 1, 64, false},
	"resnet26t":         {true, [4]int{2, 2, 2, 2}, [2]int64{24, 32}, 1, 64, false},
	"seresnext50_32x4d": {true, [4]int{3, 4, 6, 3}, [2]int64{}, 32, 4, true},
}

func convOf(in, out, kernel, stride, groups int64) nn.Module {
	return nn.NewConv2d(in, out, kernel, nn.Stride(stride), nn.Padding(kernel/2), nn.Groups(groups), nn.NoBias())
}

// timmBlock adds its steps' output to its input, which may be downsampled, and applies ReLU.
type timmBlock struct {
	net
	downsample *nn.Sequential
}

// Forward maps N×in×H×W to N×out×h×w.
func (b *timmBlock) Forward(x *torch.Tensor) *torch.Tensor {
	shortcut := x
	if b.downsample != nil {
		shortcut = nn.Call(b.downsample, x)
		defer shortcut.Close()
	}
	return b.net.Forward(x).Add_(shortcut).Relu_()
}

// newBlock is a residual block; its last norm begins at 0.
func (c timmResNet) newBlock(in, planes, out, stride int64) nn.Module {
	b := &timmBlock{}
	switch {
	case stride == 1 && in == out:
	case c.stem[0] == 0:
		b.downsample = nn.NewSequential(convOf(in, out, 1, stride, 1), batchNorm(out))
	case stride == 1:
		b.downsample = nn.NewSequential(&nn.Identity{}, convOf(in, out, 1, 1, 1), batchNorm(out))
	default:
		b.downsample = nn.NewSequential(&nn.AvgPool2d{Kernel: 2, Stride: stride, CeilMode: true, ExcludePad: true}, convOf(in, out, 1, 1, 1), batchNorm(out))
	}
	last := nn.NewBatchNorm(out)
	nn.Constant_(last.Weight, 0)
	width := planes * c.width / 64 * c.groups
	var steps []step
	if c.bottleneck {
		steps = []step{{"conv1", convOf(in, width, 1, 1, 1)}, {"bn1", batchNorm(width)}, {"", relu()}, {"conv2", convOf(width, width, 3, stride, c.groups)},
			{"bn2", batchNorm(width)}, {"", relu()}, {"conv3", convOf(width, out, 1, 1, 1)}, {"bn3", last}}
	} else {
		steps = []step{{"conv1", convOf(in, planes, 3, stride, 1)}, {"bn1", batchNorm(planes)}, {"", relu()}, {"conv2", convOf(planes, out, 3, 1, 1)}, {"bn2", last}}
	}
	if c.squeeze {
		steps = append(steps, step{"se", newGated("fc1", "fc2", out, max(8, (out/16+4)/8*8), relu(), &nn.Sigmoid{})})
	}
	for _, s := range steps {
		b.add(s)
	}
	if b.downsample != nil {
		b.Register("downsample", b.downsample)
	}
	return b
}

func newTimmResNet(c timmResNet, classes, channels int64) nn.Module {
	var conv1 nn.Module
	if a, b := c.stem[0], c.stem[1]; a == 0 {
		conv1 = convOf(channels, 64, 7, 2, 1)
	} else {
		conv1 = nn.NewSequential(convOf(channels, a, 3, 2, 1), batchNorm(a), relu(), convOf(a, b, 3, 1, 1), batchNorm(b), relu(), convOf(b, 64, 3, 1, 1))
	}
	features := []step{{"conv1", conv1}, {"bn1", batchNorm(64)}, {"", relu()}, {"maxpool", maxPool(3, 2, 1)}}
	in, expansion := int64(64), int64(1)
	if c.bottleneck {
		expansion = 4
	}
	for i, depth := range c.depths {
		planes, stride := int64(64)<<i, int64(2)
		if i == 0 {
			stride = 1
		}
		var blocks []nn.Module
		for range depth {
			blocks = append(blocks, c.newBlock(in, planes, planes*expansion, stride))
			in, stride = planes*expansion, 1
		}
		features = append(features, step{"layer" + itoa(i+1), nn.NewSequential(blocks...)})
	}
	m := newTimmNet(features, append([]step{{"", pool(1)}, {"", &nn.Flatten{}}}, classifier("fc", in, classes)...))
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok {
			kaimingOut(conv.Weight)
		}
	})
	return m
}
