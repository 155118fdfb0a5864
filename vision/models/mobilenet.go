package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// Sources: Sandler et al., "MobileNetV2" (2018); Howard et al., "Searching for MobileNetV3" (2019).

// mobileNetV2 are expansion, channels, repetitions and the first stride.
var mobileNetV2 = [][4]int64{{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}

func newMobileNetV2(classes int64) nn.Module {
	s := style{batchNorm, relu6}
	layers := []nn.Module{s.conv(3, 32, 3, 2, 1)}
	in := int64(32)
	for _, r := range mobileNetV2 {
		for i := range r[2] {
			out, stride := r[1], int64(1)
			if i == 0 {
				stride = r[3]
			}
			var path []nn.Module
			hidden := in * r[0]
			if r[0] != 1 {
				path = append(path, s.conv(in, hidden, 1, 1, 1))
			}
			path = append(path, s.conv(hidden, hidden, 3, stride, hidden), nn.NewConv2d(hidden, out, 1, nn.NoBias()), batchNorm(out))
			layers = append(layers, newSkip("conv", nn.NewSequential(path...), nil, stride == 1 && in == out))
			in = out
		}
	}
	features := nn.NewSequential(append(layers, s.conv(in, 1280, 1, 1, 1))...)
	m := newNet(step{"features", features}, step{"", pool(1)}, step{"", &nn.Flatten{}},
		step{"classifier", nn.NewSequential(&nn.Dropout{P: 0.2}, nn.NewLinear(1280, classes))})
	fill(m, kaimingOut, normal(0.01))
	return m
}

// mobileBlock is a row of MobileNetV3: kernel, expanded and output channels, squeeze-and-excitation and Hardswish or not, stride.
type mobileBlock struct {
	kernel, expanded, out int64
	squeeze, hard         bool
	stride                int64
}

type mobileNetV3 struct {
	last   int64
	blocks []mobileBlock
}

var mobileNetsV3 = map[string]mobileNetV3{
	"mobilenet_v3_large": {1280, []mobileBlock{{3, 16, 16, false, false, 1}, {3, 64, 24, false, false, 2}, {3, 72, 24, false, false, 1},
		{5, 72, 40, true, false, 2}, {5, 120, 40, true, false, 1}, {5, 120, 40, true, false, 1}, {3, 240, 80, false, true, 2},
		{3, 200, 80, false, true, 1}, {3, 184, 80, false, true, 1}, {3, 184, 80, false, true, 1}, {3, 480, 112, true, true, 1},
		{3, 672, 112, true, true, 1}, {5, 672, 160, true, true, 2}, {5, 960, 160, true, true, 1}, {5, 960, 160, true, true, 1}}},
	"mobilenet_v3_small": {1024, []mobileBlock{{3, 16, 16, true, false, 2}, {3, 72, 24, false, false, 2}, {3, 88, 24, false, false, 1},
		{5, 96, 40, true, true, 2}, {5, 240, 40, true, true, 1}, {5, 240, 40, true, true, 1}, {5, 120, 48, true, true, 1},
		{5, 144, 48, true, true, 1}, {5, 288, 96, true, true, 2}, {5, 576, 96, true, true, 1}, {5, 576, 96, true, true, 1}}},
}

func newMobileNetV3(c mobileNetV3, classes int64) nn.Module {
	norm := batchNormOf(1e-3, 0.01)
	hard := style{norm, hardswish}
	layers, in := []nn.Module{hard.conv(3, 16, 3, 2, 1)}, int64(16)
	for _, b := range c.blocks {
		s := style{norm, relu}
		if b.hard {
			s.act = hardswish
		}
		var path []nn.Module
		if b.expanded != in {
			path = append(path, s.conv(in, b.expanded, 1, 1, 1))
		}
		path = append(path, s.conv(b.expanded, b.expanded, b.kernel, b.stride, b.expanded))
		if b.squeeze {
			se := nn.NewSqueezeExcitation(b.expanded, divisible(float64(b.expanded/4), 8))
			se.ScaleActivation = &nn.Hardsigmoid{}
			path = append(path, se)
		}
		path = append(path, s.linear().conv(b.expanded, b.out, 1, 1, 1))
		layers = append(layers, newSkip("block", nn.NewSequential(path...), nil, b.stride == 1 && in == b.out))
		in = b.out
	}
	features := nn.NewSequential(append(layers, hard.conv(in, 6*in, 1, 1, 1))...)
	m := newNet(step{"features", features}, step{"avgpool", pool(1)}, step{"", &nn.Flatten{}},
		step{"classifier", nn.NewSequential(nn.NewLinear(6*in, c.last), hardswish(), &nn.Dropout{P: 0.2}, nn.NewLinear(c.last, classes))})
	fill(m, kaimingOut, normal(0.01))
	return m
}
