package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Huang et al., "Densely Connected Convolutional Networks" (2016).

// denseNet has the growth of the channels by each layer, the layers of each block, and the stem's channels.
type denseNet struct {
	growth int64
	depths []int
	stem   int64
}

var denseNets = map[string]denseNet{
	"densenet121": {32, []int{6, 12, 24, 16}, 64},
	"densenet161": {48, []int{6, 12, 36, 24}, 96},
	"densenet169": {32, []int{6, 12, 32, 32}, 64},
	"densenet201": {32, []int{6, 12, 48, 32}, 64},
}

// denseBlock gives each layer the outputs of all layers before it.
type denseBlock struct {
	nn.Base
	layers []nn.Module `nn:"-"`
}

func newDenseBlock(depth int, in, growth int64) *denseBlock {
	m := &denseBlock{}
	for i := range depth {
		in := in + int64(i)*growth
		layer := newNet(step{"norm1", batchNorm(in)}, step{"relu1", relu()}, step{"conv1", nn.NewConv2d(in, 4*growth, 1, nn.NoBias())},
			step{"norm2", batchNorm(4 * growth)}, step{"relu2", relu()}, step{"conv2", nn.NewConv2d(4*growth, growth, 3, nn.Padding(1), nn.NoBias())})
		m.Register("denselayer"+itoa(i+1), layer)
		m.layers = append(m.layers, layer)
	}
	return m
}

// Forward maps N×in×H×W to N×(in+depth·growth)×H×W.
func (m *denseBlock) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		all := []*torch.Tensor{x}
		for _, l := range m.layers {
			joined := torch.Cat(1, all...)
			all = append(all, nn.Call(l, joined))
			joined.Close()
		}
		return torch.Cat(1, all...)
	})
}

func newDenseNet(d denseNet, classes int64) nn.Module {
	features := named(step{"conv0", nn.NewConv2d(3, d.stem, 7, nn.Stride(2), nn.Padding(3), nn.NoBias())}, step{"norm0", batchNorm(d.stem)},
		step{"relu0", relu()}, step{"pool0", maxPool(3, 2, 1)})
	width := d.stem
	for i, depth := range d.depths {
		features.Register("denseblock"+itoa(i+1), newDenseBlock(depth, width, d.growth))
		if width += int64(depth) * d.growth; i < len(d.depths)-1 {
			features.Register("transition"+itoa(i+1), named(step{"norm", batchNorm(width)}, step{"relu", relu()},
				step{"conv", nn.NewConv2d(width, width/2, 1, nn.NoBias())}, step{"pool", &nn.AvgPool2d{Kernel: 2}}))
			width /= 2
		}
	}
	features.Register("norm5", batchNorm(width))
	m := newNet(step{"features", features}, step{"", relu()}, step{"", pool(1)}, step{"", &nn.Flatten{}}, step{"classifier", nn.NewLinear(width, classes)})
	fill(m, kaimingIn, func(*torch.Tensor) {})
	return m
}
