package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// tall is a convolution of h×w pixels.
type tall struct{ out, h, w, stride int64 }

// convs is a path of convolutions, of the branch's name with _1, _2, … where there are several; each keeps the size at stride 1, and
// doesn't pad at stride 2.
func convs(name string, in int64, layers ...tall) lane {
	var p lane
	for i, l := range layers {
		opts := []nn.ConvOption{nn.KernelSize(l.h, l.w), nn.Stride(l.stride)}
		if l.stride == 1 {
			opts = append(opts, nn.Padding(l.h/2, l.w/2))
		}
		full := name
		if len(layers) > 1 {
			full += "_" + itoa(i+1)
		}
		p.steps = append(p.steps, step{full, basicConv(in, l.out, l.h, opts...)})
		in = l.out
	}
	return p
}

// forked ends a path in a 1×3 and a 3×1 convolution, side by side.
func forked(p lane, name string) lane {
	p.fork = []step{{name + "a", basicConv(384, 384, 1, nn.KernelSize(1, 3), nn.Padding(0, 1))},
		{name + "b", basicConv(384, 384, 3, nn.KernelSize(3, 1), nn.Padding(1, 0))}}
	return p
}

func pooled(in, out int64) lane {
	return way(step{"", &nn.AvgPool2d{Kernel: 3, Stride: 1, Padding: 1}}, step{"branch_pool", basicConv(in, out, 1)})
}

func inceptionA(in, pool int64) nn.Module {
	return newBranches(convs("branch1x1", in, tall{64, 1, 1, 1}), convs("branch5x5", in, tall{48, 1, 1, 1}, tall{64, 5, 5, 1}),
		convs("branch3x3dbl", in, tall{64, 1, 1, 1}, tall{96, 3, 3, 1}, tall{96, 3, 3, 1}), pooled(in, pool))
}

func inceptionB(in int64) nn.Module {
	return newBranches(convs("branch3x3", in, tall{384, 3, 3, 2}),
		convs("branch3x3dbl", in, tall{64, 1, 1, 1}, tall{96, 3, 3, 1}, tall{96, 3, 3, 2}), way(step{"", maxPool(3, 2, 0)}))
}

func inceptionC(in, c int64) nn.Module {
	return newBranches(convs("branch1x1", in, tall{192, 1, 1, 1}), convs("branch7x7", in, tall{c, 1, 1, 1}, tall{c, 1, 7, 1}, tall{192, 7, 1, 1}),
		convs("branch7x7dbl", in, tall{c, 1, 1, 1}, tall{c, 7, 1, 1}, tall{c, 1, 7, 1}, tall{c, 7, 1, 1}, tall{192, 1, 7, 1}), pooled(in, 192))
}

func inceptionD(in int64) nn.Module {
	return newBranches(convs("branch3x3", in, tall{192, 1, 1, 1}, tall{320, 3, 3, 2}),
		convs("branch7x7x3", in, tall{192, 1, 1, 1}, tall{192, 1, 7, 1}, tall{192, 7, 1, 1}, tall{192, 3, 3, 2}), way(step{"", maxPool(3, 2, 0)}))
}

func inceptionE(in int64) nn.Module {
	return newBranches(convs("branch1x1", in, tall{320, 1, 1, 1}), forked(convs("branch3x3_1", in, tall{384, 1, 1, 1}), "branch3x3_2"),
		forked(convs("branch3x3dbl", in, tall{448, 1, 1, 1}, tall{384, 3, 3, 1}), "branch3x3dbl_3"), pooled(in, 192))
}

func newInception3(classes int64) nn.Module {
	m := newNet(step{"Conv2d_1a_3x3", basicConv(3, 32, 3, nn.Stride(2))}, step{"Conv2d_2a_3x3", basicConv(32, 32, 3)},
		step{"Conv2d_2b_3x3", basicConv(32, 64, 3, nn.Padding(1))}, step{"maxpool1", maxPool(3, 2, 0)},
		step{"Conv2d_3b_1x1", basicConv(64, 80, 1)}, step{"Conv2d_4a_3x3", basicConv(80, 192, 3)}, step{"maxpool2", maxPool(3, 2, 0)},
		step{"Mixed_5b", inceptionA(192, 32)}, step{"Mixed_5c", inceptionA(256, 64)}, step{"Mixed_5d", inceptionA(288, 64)},
		step{"Mixed_6a", inceptionB(288)}, step{"Mixed_6b", inceptionC(768, 128)}, step{"Mixed_6c", inceptionC(768, 160)},
		step{"Mixed_6d", inceptionC(768, 160)}, step{"Mixed_6e", inceptionC(768, 192)})
	after := len(m.steps)
	conv0, conv1 := basicConv(768, 128, 1), basicConv(128, 768, 5)
	auxFC := nn.NewLinear(768, classes)
	aux := newNet(step{"", &nn.AvgPool2d{Kernel: 5, Stride: 3}}, step{"conv0", conv0}, step{"conv1", conv1}, step{"", pool(1)}, step{"", &nn.Flatten{}}, step{"fc", auxFC})
	m.Register("AuxLogits", aux)
	for _, s := range []step{{"Mixed_7a", inceptionD(768)}, {"Mixed_7b", inceptionE(1280)}, {"Mixed_7c", inceptionE(2048)},
		{"avgpool", pool(1)}, {"dropout", &nn.Dropout{P: 0.5}}, {"", &nn.Flatten{}}, {"fc", nn.NewLinear(2048, classes)}} {
		m.add(s)
	}
	draw := func(w *torch.Tensor) {
		std := 0.1
		if w == auxFC.Weight {
			std = 1e-3
		}
		nn.TruncNormal_(w, 0, std)
	}
	nn.Walk(m, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Conv2d:
			draw(m.Weight)
		case *nn.Linear:
			draw(m.Weight)
		}
	})
	return withHeads(m, map[int]step{after: {"AuxLogits", aux}}, "AuxLogits")
}
