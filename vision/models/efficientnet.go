package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Sources: Tan and Le, "EfficientNet" (2019) and "EfficientNetV2" (2021).

// mbStage is a row of blocks: expansion, kernel, first stride, channels in and out, repetitions; fused ones expand by a full convolution.
type mbStage struct {
	fused                                    bool
	expansion, kernel, stride, in, out, deep int64
}

type efficientNet struct {
	stages      []mbStage
	width, deep float64 // multiples of version 1
	dropout     float64
	last        int64 // channels of the last convolution; 0 is 4 times the last stage's
	norm        func(channels int64) nn.Module
}

var (
	efficientV1 = []mbStage{{false, 1, 3, 1, 32, 16, 1}, {false, 6, 3, 2, 16, 24, 2}, {false, 6, 5, 2, 24, 40, 2}, {false, 6, 3, 2, 40, 80, 3},
		{false, 6, 5, 1, 80, 112, 3}, {false, 6, 5, 2, 112, 192, 4}, {false, 6, 3, 1, 192, 320, 1}}
	efficientS = []mbStage{{true, 1, 3, 1, 24, 24, 2}, {true, 4, 3, 2, 24, 48, 4}, {true, 4, 3, 2, 48, 64, 4},
		{false, 4, 3, 2, 64, 128, 6}, {false, 6, 3, 1, 128, 160, 9}, {false, 6, 3, 2, 160, 256, 15}}
	efficientM = []mbStage{{true, 1, 3, 1, 24, 24, 3}, {true, 4, 3, 2, 24, 48, 5}, {true, 4, 3, 2, 48, 80, 5},
		{false, 4, 3, 2, 80, 160, 7}, {false, 6, 3, 1, 160, 176, 14}, {false, 6, 3, 2, 176, 304, 18}, {false, 6, 3, 1, 304, 512, 5}}
	efficientL = []mbStage{{true, 1, 3, 1, 32, 32, 4}, {true, 4, 3, 2, 32, 64, 7}, {true, 4, 3, 2, 64, 96, 7},
		{false, 4, 3, 2, 96, 192, 10}, {false, 6, 3, 1, 192, 224, 19}, {false, 6, 3, 2, 224, 384, 25}, {false, 6, 3, 1, 384, 640, 7}}
)

var efficientNets = map[string]efficientNet{
	"efficientnet_b0":   {efficientV1, 1.0, 1.0, 0.2, 0, batchNorm},
	"efficientnet_b1":   {efficientV1, 1.0, 1.1, 0.2, 0, batchNorm},
	"efficientnet_b2":   {efficientV1, 1.1, 1.2, 0.3, 0, batchNorm},
	"efficientnet_b3":   {efficientV1, 1.2, 1.4, 0.3, 0, batchNorm},
	"efficientnet_b4":   {efficientV1, 1.4, 1.8, 0.4, 0, batchNorm},
	"efficientnet_b5":   {efficientV1, 1.6, 2.2, 0.4, 0, batchNormOf(1e-3, 0.01)},
	"efficientnet_b6":   {efficientV1, 1.8, 2.6, 0.5, 0, batchNormOf(1e-3, 0.01)},
	"efficientnet_b7":   {efficientV1, 2.0, 3.1, 0.5, 0, batchNormOf(1e-3, 0.01)},
	"efficientnet_v2_s": {efficientS, 1, 1, 0.2, 1280, batchNormOf(1e-3, 0.1)},
	"efficientnet_v2_m": {efficientM, 1, 1, 0.3, 1280, batchNormOf(1e-3, 0.1)},
	"efficientnet_v2_l": {efficientL, 1, 1, 0.4, 1280, batchNormOf(1e-3, 0.1)},
}

// newMBConv is an expansion, a depthwise convolution, squeeze-and-excitation and a projection; fused, a full convolution for the first three.
func newMBConv(norm func(int64) nn.Module, b mbStage, drop float64) nn.Module {
	s := style{norm, silu}
	var path []nn.Module
	expanded := divisible(float64(b.in*b.expansion), 8)
	switch {
	case b.fused && expanded == b.in:
		path = append(path, s.conv(b.in, b.out, b.kernel, b.stride, 1))
	case b.fused:
		path = append(path, s.conv(b.in, expanded, b.kernel, b.stride, 1), s.linear().conv(expanded, b.out, 1, 1, 1))
	default:
		if expanded != b.in {
			path = append(path, s.conv(b.in, expanded, 1, 1, 1))
		}
		path = append(path, s.conv(expanded, expanded, b.kernel, b.stride, expanded))
		se := nn.NewSqueezeExcitation(expanded, max(1, b.in/4))
		se.Activation = silu()
		path = append(path, se, s.linear().conv(expanded, b.out, 1, 1, 1))
	}
	return newSkip("block", nn.NewSequential(path...), &nn.StochasticDepth{P: drop, Mode: "row"}, b.stride == 1 && b.in == b.out)
}

func newEfficientNet(c efficientNet, classes int64) nn.Module {
	s := style{c.norm, silu}
	var stages []mbStage
	total := int64(0)
	for _, b := range c.stages {
		if c.last == 0 {
			b.in, b.out = divisible(float64(b.in)*c.width, 8), divisible(float64(b.out)*c.width, 8)
			b.deep = int64(math.Ceil(float64(b.deep) * c.deep))
		}
		stages = append(stages, b)
		total += b.deep
	}
	layers, done := []nn.Module{s.conv(3, stages[0].in, 3, 2, 1)}, 0
	for _, b := range stages {
		var stage []nn.Module
		for range b.deep {
			stage = append(stage, newMBConv(c.norm, b, 0.2*float64(done)/float64(total)))
			b.in, b.stride = b.out, 1
			done++
		}
		layers = append(layers, nn.NewSequential(stage...))
	}
	in, last := stages[len(stages)-1].out, c.last
	if last == 0 {
		last = 4 * in
	}
	features := nn.NewSequential(append(layers, s.conv(in, last, 1, 1, 1))...)
	m := newNet(step{"features", features}, step{"avgpool", pool(1)}, step{"", &nn.Flatten{}},
		step{"classifier", nn.NewSequential(&nn.Dropout{P: c.dropout}, nn.NewLinear(last, classes))})
	fill(m, kaimingOut, func(w *torch.Tensor) {
		bound := 1 / math.Sqrt(float64(w.Size(0)))
		nn.Uniform_(w, -bound, bound)
	})
	return m
}
