package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// fire squeezes the channels by a 1×1 convolution and expands them by a 1×1 and a 3×3 one.
type fire struct {
	nn.Base
	Squeeze             *nn.Conv2d
	SqueezeActivation   *nn.ReLU
	Expand1x1           *nn.Conv2d `nn:"expand1x1"`
	Expand1x1Activation *nn.ReLU   `nn:"expand1x1_activation"`
	Expand3x3           *nn.Conv2d `nn:"expand3x3"`
	Expand3x3Activation *nn.ReLU   `nn:"expand3x3_activation"`
}

func newFire(in, squeezed, out int64) nn.Module {
	relu := func() *nn.ReLU { return &nn.ReLU{InPlace: true} }
	return &fire{Squeeze: nn.NewConv2d(in, squeezed, 1), SqueezeActivation: relu(), Expand1x1: nn.NewConv2d(squeezed, out, 1), Expand1x1Activation: relu(),
		Expand3x3: nn.NewConv2d(squeezed, out, 3, nn.Padding(1)), Expand3x3Activation: relu()}
}

// Forward maps N×in×H×W to N×2·out×H×W.
func (m *fire) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		x = chain(x, m.Squeeze, m.SqueezeActivation)
		return torch.Cat(1, chain(x, m.Expand1x1, m.Expand1x1Activation), chain(x, m.Expand3x3, m.Expand3x3Activation))
	})
}

// squeezeNets are the stem's channels and kernel, then how many Fires lie between the poolings, which have the widths of fires.
var squeezeNets = map[string][]int64{
	"squeezenet1_0": {96, 7, 3, 4, 1},
	"squeezenet1_1": {64, 3, 2, 2, 4},
}

// fires are the squeezed and the expanded widths.
var fires = [][2]int64{{16, 64}, {16, 64}, {32, 128}, {32, 128}, {48, 192}, {48, 192}, {64, 256}, {64, 256}}

func newSqueezeNet(version []int64, classes int64) nn.Module {
	layers := []nn.Module{nn.NewConv2d(3, version[0], version[1], nn.Stride(2)), relu()}
	in, next := version[0], fires
	for _, n := range version[2:] {
		layers = append(layers, &nn.MaxPool2d{Kernel: 3, Stride: 2, CeilMode: true})
		for _, f := range next[:n] {
			layers = append(layers, newFire(in, f[0], f[1]))
			in = 2 * f[1]
		}
		next = next[n:]
	}
	features, last := nn.NewSequential(layers...), nn.NewConv2d(512, classes, 1)
	m := newNet(step{"features", features}, step{"classifier", nn.NewSequential(&nn.Dropout{P: 0.5}, last, relu(), pool(1))}, step{"", &nn.Flatten{}})
	fill(m, func(w *torch.Tensor) {
		if w == last.Weight {
			nn.Normal_(w, 0, 0.01)
		} else {
			nn.KaimingUniform_(w)
		}
	}, nil)
	return m
}
