package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// effKind is a kind of block of timm's EfficientNets.
type effKind int

const (
	depthSeparable effKind = iota // a depthwise and a pointwise convolution
	inverted                      // expanded before
	edge                          // expanded by a full convolution
	plainConv
)

// effRow is a row of blocks: repetitions, kernel, first stride, expansion, channels, squeeze-and-excitation, ReLU whatever the net's activation.
type effRow struct {
	kind                 effKind
	deep, kernel, stride int64
	expansion            float64
	out                  int64
	squeeze, alwaysReLU  bool
}

// effNet is a net of such rows, those of a stage together.
type effNet struct {
	stages      [][]effRow
	width, deep float64 // multiples
	fixed       bool    // the stem and the first and last stage aren't multiplied
	stem, last  int64
	same        bool // pads as TensorFlow does
	norm        func(channels int64) nn.Module
	act         func() nn.Module
	mobile      bool // MobileNetV3: the last convolution is behind the pooling, the gate is Hardsigmoid
}

func effStages(squeeze bool) [][]effRow {
	return [][]effRow{{{depthSeparable, 1, 3, 1, 1, 16, squeeze, false}}, {{inverted, 2, 3, 2, 6, 24, squeeze, false}}, {{inverted, 2, 5, 2, 6, 40, squeeze, false}},
		{{inverted, 3, 3, 2, 6, 80, squeeze, false}}, {{inverted, 3, 5, 1, 6, 112, squeeze, false}}, {{inverted, 4, 5, 2, 6, 192, squeeze, false}},
		{{inverted, 1, 3, 1, 6, 320, squeeze, false}}}
}

func effB(width, deep float64) effNet {
	return effNet{stages: effStages(true), width: width, deep: deep, stem: 32, last: 1280, norm: batchNorm, act: silu}
}

func effLite(width, deep float64) effNet {
	return effNet{stages: effStages(false), width: width, deep: deep, fixed: true, stem: 32, last: 1280, same: true, norm: batchNormOf(1e-3, 0.1), act: relu6}
}

// effNets are timm's, by its names.
var effNets = map[string]effNet{
	"tf_efficientnet_lite0": effLite(1, 1), "tf_efficientnet_lite1": effLite(1, 1.1), "tf_efficientnet_lite2": effLite(1.1, 1.2),
	"tf_efficientnet_lite3": effLite(1.2, 1.4), "tf_efficientnet_lite4": effLite(1.4, 1.8),
	"efficientnet_b0": effB(1, 1), "efficientnet_b1": effB(1, 1.1), "efficientnet_b2": effB(1.1, 1.2), "efficientnet_b3": effB(1.2, 1.4),
	"efficientnet_b4": effB(1.4, 1.8),
	"tf_efficientnetv2_s": {stages: [][]effRow{{{plainConv, 2, 3, 1, 1, 24, false, false}}, {{edge, 4, 3, 2, 4, 48, false, false}}, {{edge, 4, 3, 2, 4, 64, false, false}},
		{{inverted, 6, 3, 2, 4, 128, true, false}}, {{inverted, 9, 3, 1, 6, 160, true, false}}, {{inverted, 15, 3, 2, 6, 256, true, false}}},
		width: 1, deep: 1, stem: 24, last: 1280, same: true, norm: batchNormOf(1e-3, 0.1), act: silu},
	"mobilenetv3_large_100": {stages: [][]effRow{{{depthSeparable, 1, 3, 1, 1, 16, false, true}},
		{{inverted, 1, 3, 2, 4, 24, false, true}, {inverted, 1, 3, 1, 3, 24, false, true}}, {{inverted, 3, 5, 2, 3, 40, true, true}},
		{{inverted, 1, 3, 2, 6, 80, false, false}, {inverted, 1, 3, 1, 2.5, 80, false, false}, {inverted, 2, 3, 1, 2.3, 80, false, false}},
		{{inverted, 2, 3, 1, 6, 112, true, false}}, {{inverted, 3, 5, 2, 6, 160, true, false}}, {{plainConv, 1, 1, 1, 1, 960, false, false}}},
		width: 1, deep: 1, stem: 16, last: 1280, norm: batchNorm, act: hardswish, mobile: true},
}

// conv is a convolution that keeps the size at stride 1, under a name.
func (c effNet) conv(name string, in, out, kernel, stride, groups int64) []step {
	opts := []nn.ConvOption{nn.Stride(stride), nn.Groups(groups), nn.NoBias()}
	if c.same && stride > 1 {
		return []step{{"", &samePad{kernel: kernel, stride: stride}}, {name, nn.NewConv2d(in, out, kernel, opts...)}}
	}
	return []step{{name, nn.NewConv2d(in, out, kernel, append(opts, nn.Padding((kernel-1)/2))...)}}
}

// block is one of a row.
func (c effNet) block(r effRow, in, stride int64) nn.Module {
	act := c.act
	if r.alwaysReLU {
		act = relu
	}
	var steps []step
	add := func(s ...step) { steps = append(steps, s...) }
	squeeze := func(channels int64) {
		if !r.squeeze {
			return
		}
		if c.mobile {
			add(step{"se", newGated("conv_reduce", "conv_expand", channels, divisible(float64(channels)*0.25, 8), relu(), &nn.Hardsigmoid{})})
			return
		}
		squeezed := int64(math.RoundToEven(float64(channels) * (0.25 / r.expansion)))
		add(step{"se", newGated("conv_reduce", "conv_expand", channels, squeezed, act(), &nn.Sigmoid{})})
	}
	mid := divisible(float64(in)*r.expansion, 8)
	switch r.kind {
	case depthSeparable:
		add(c.conv("conv_dw", in, in, r.kernel, stride, in)...)
		add(step{"bn1", c.norm(in)}, step{"", act()})
		squeeze(in)
		add(c.conv("conv_pw", in, r.out, 1, 1, 1)...)
		add(step{"bn2", c.norm(r.out)})
	case inverted:
		add(c.conv("conv_pw", in, mid, 1, 1, 1)...)
		add(step{"bn1", c.norm(mid)}, step{"", act()})
		add(c.conv("conv_dw", mid, mid, r.kernel, stride, mid)...)
		add(step{"bn2", c.norm(mid)}, step{"", act()})
		squeeze(mid)
		add(c.conv("conv_pwl", mid, r.out, 1, 1, 1)...)
		add(step{"bn3", c.norm(r.out)})
	case edge:
		add(c.conv("conv_exp", in, mid, r.kernel, stride, 1)...)
		add(step{"bn1", c.norm(mid)}, step{"", act()})
		add(c.conv("conv_pwl", mid, r.out, 1, 1, 1)...)
		add(step{"bn2", c.norm(r.out)})
	case plainConv:
		add(c.conv("conv", in, r.out, r.kernel, stride, 1)...)
		add(step{"bn1", c.norm(r.out)}, step{"", act()})
	}
	return newSkipNet(stride == 1 && in == r.out && !(c.mobile && r.kind == plainConv), steps)
}

func newEffNet(c effNet, classes, channels int64) nn.Module {
	round := func(channels int64) int64 { return divisible(float64(channels)*c.width, 8) }
	stem, last := round(c.stem), round(c.last)
	if c.fixed {
		stem, last = c.stem, c.last
	}
	features := append(c.conv("conv_stem", channels, stem, 3, 2, 1), step{"bn1", c.norm(stem)}, step{"", c.act()})
	nn.Close(newGated("conv_reduce", "conv_expand", 8, 8, relu(), relu())) // timm tries one here, which draws
	in := stem
	var stages []nn.Module
	for i, rows := range c.stages {
		var blocks []nn.Module
		for _, r := range rows {
			if r.out = round(r.out); !c.fixed || i > 0 && i < len(c.stages)-1 {
				r.deep = int64(math.Ceil(float64(r.deep) * c.deep))
			}
			for j := range r.deep {
				stride := r.stride
				if j > 0 {
					stride = 1
				}
				blocks = append(blocks, c.block(r, in, stride))
				in = r.out
			}
		}
		stages = append(stages, nn.NewSequential(blocks...))
	}
	features = append(features, step{"blocks", nn.NewSequential(stages...)})
	head := []step{{"", pool(1)}}
	if c.mobile {
		head = append(head, step{"conv_head", nn.NewConv2d(in, last, 1)}, step{"", c.act()})
	} else {
		features = append(append(features, c.conv("conv_head", in, last, 1, 1, 1)...), step{"bn2", c.norm(last)}, step{"", c.act()})
	}
	m := newTimmNet(features, append(append(head, step{"", &nn.Flatten{}}), classifier("classifier", last, classes)...))
	nn.Walk(m, func(name string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Conv2d:
			refill(m.Weight, m.Bias, func(w *torch.Tensor) {
				fan := w.Size(0) * w.Size(2) * w.Size(3)
				if w.Size(1) == 1 && w.Size(0) > 1 && name != "conv_stem" { // depthwise: a group of one channel
					fan = w.Size(2) * w.Size(3)
				}
				nn.Normal_(w, 0, math.Sqrt(2/float64(fan)))
			})
		case *nn.Linear:
			refill(m.Weight, m.Bias, func(w *torch.Tensor) {
				bound := 1 / math.Sqrt(float64(w.Size(0)))
				nn.Uniform_(w, -bound, bound)
			})
		}
	})
	return m
}
