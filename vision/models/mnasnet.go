package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Tan et al., "MnasNet" (2018).

// mnasStacks are kernel, stride, expansion and repetitions of each stack.
var mnasStacks = [][4]int64{{3, 2, 3, 3}, {5, 2, 3, 3}, {5, 2, 6, 3}, {3, 1, 6, 2}, {5, 2, 6, 4}, {3, 1, 6, 1}}

var mnasNets = map[string]float64{"mnasnet0_5": 0.5, "mnasnet0_75": 0.75, "mnasnet1_0": 1, "mnasnet1_3": 1.3}

func newMNASNet(alpha float64, classes int64) nn.Module {
	const momentum = 1 - 0.9997
	norm := batchNormOf(1e-5, momentum)
	conv := func(in, out, kernel, stride, groups int64) nn.Module {
		return nn.NewConv2d(in, out, kernel, nn.Padding(kernel/2), nn.Stride(stride), nn.Groups(groups), nn.NoBias())
	}
	var depths []int64
	for _, d := range []float64{32, 16, 24, 40, 80, 96, 192, 320} {
		depths = append(depths, divisible(d*alpha, 8))
	}
	d := depths
	layers := []nn.Module{conv(3, d[0], 3, 2, 1), norm(d[0]), relu(), conv(d[0], d[0], 3, 1, d[0]), norm(d[0]), relu(), conv(d[0], d[1], 1, 1, 1), norm(d[1])}
	in := d[1]
	for i, s := range mnasStacks {
		var stack []nn.Module
		out, stride := d[2+i], s[1]
		for range s[3] {
			mid := in * s[2]
			path := nn.NewSequential(conv(in, mid, 1, 1, 1), norm(mid), relu(), conv(mid, mid, s[0], stride, mid), norm(mid), relu(), conv(mid, out, 1, 1, 1), norm(out))
			stack = append(stack, newSkip("layers", path, nil, in == out && stride == 1))
			in, stride = out, 1
		}
		layers = append(layers, nn.NewSequential(stack...))
	}
	layers = append(layers, conv(in, 1280, 1, 1, 1), norm(1280), relu())
	m := newNet(step{"layers", nn.NewSequential(layers...)}, step{"", pool(1)}, step{"", &nn.Flatten{}},
		step{"classifier", nn.NewSequential(&nn.Dropout{P: 0.2}, nn.NewLinear(1280, classes))})
	fill(m, kaimingOut, func(w *torch.Tensor) { // kaiming_uniform_ of fan_out with the gain of sigmoid
		bound := math.Sqrt(3) * (1 / math.Sqrt(float64(w.Size(0))))
		nn.Uniform_(w, -bound, bound)
	})
	return m
}
