package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// googLeNet are the widths of each Inception: 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5 and the pooling's; nil is a pooling.
var googLeNet = []struct {
	name   string
	widths []int64
}{
	{"3a", []int64{64, 96, 128, 16, 32, 32}}, {"3b", []int64{128, 128, 192, 32, 96, 64}}, {"maxpool3", nil},
	{"4a", []int64{192, 96, 208, 16, 48, 64}}, {"4b", []int64{160, 112, 224, 24, 64, 64}}, {"4c", []int64{128, 128, 256, 24, 64, 64}},
	{"4d", []int64{112, 144, 288, 32, 64, 64}}, {"4e", []int64{256, 160, 320, 32, 128, 128}}, {"maxpool4", nil},
	{"5a", []int64{256, 160, 320, 32, 128, 128}}, {"5b", []int64{384, 192, 384, 48, 128, 128}},
}

func newGoogLeNet(classes int64) nn.Module {
	ceil := func(kernel, stride, padding int64) nn.Module {
		return &nn.MaxPool2d{Kernel: kernel, Stride: stride, Padding: padding, CeilMode: true}
	}
	steps := []step{{"conv1", basicConv(3, 64, 7, nn.Stride(2), nn.Padding(3))}, {"maxpool1", ceil(3, 2, 0)}, {"conv2", basicConv(64, 64, 1)},
		{"conv3", basicConv(64, 192, 3, nn.Padding(1))}, {"maxpool2", ceil(3, 2, 0)}}
	in := int64(192)
	for _, l := range googLeNet {
		if l.widths == nil {
			kernel := int64(3)
			if l.name == "maxpool4" {
				kernel = 2
			}
			steps = append(steps, step{l.name, ceil(kernel, 2, 0)})
			continue
		}
		w := l.widths
		steps = append(steps, step{"inception" + l.name, newBranches(way(step{"branch1", basicConv(in, w[0], 1)}),
			way(step{"branch2", nn.NewSequential(basicConv(in, w[1], 1), basicConv(w[1], w[2], 3, nn.Padding(1)))}),
			way(step{"branch3", nn.NewSequential(basicConv(in, w[3], 1), basicConv(w[3], w[4], 3, nn.Padding(1)))}),
			way(step{"branch4", nn.NewSequential(ceil(3, 1, 1), basicConv(in, w[5], 1))}))})
		in = w[0] + w[2] + w[4] + w[5]
	}
	aux := func(name string, in int64) step {
		conv, fc1, fc2 := basicConv(in, 128, 1), nn.NewLinear(2048, 1024), nn.NewLinear(1024, classes)
		m := newNet(step{"conv", conv}, step{"fc1", fc1}, step{"fc2", fc2})
		drop := &nn.Dropout{P: 0.7}
		m.Register("dropout", drop)
		m.steps = []nn.Module{pool(4), conv, &nn.Flatten{}, fc1, relu(), drop, fc2}
		return step{name, m}
	}
	heads := map[int]step{9: aux("aux1", 512), 12: aux("aux2", 528)}
	m := newNet(steps...)
	m.Register("aux1", heads[9].Module)
	m.Register("aux2", heads[12].Module)
	for _, s := range []step{{"avgpool", pool(1)}, {"", &nn.Flatten{}}, {"dropout", &nn.Dropout{P: 0.2}}, {"fc", nn.NewLinear(1024, classes)}} {
		m.add(s)
	}
	nn.Walk(m, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Conv2d:
			nn.TruncNormal_(m.Weight, 0, 0.01)
		case *nn.Linear:
			nn.TruncNormal_(m.Weight, 0, 0.01)
		}
	})
	return withHeads(m, heads, "aux2", "aux1")
}
