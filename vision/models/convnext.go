package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Liu et al., "A ConvNet for the 2020s" (2022).

type convNeXt struct {
	widths [4]int64
	depths [4]int
	drop   float64 // of the last block
}

var convNeXts = map[string]convNeXt{
	"convnext_tiny":  {[4]int64{96, 192, 384, 768}, [4]int{3, 3, 9, 3}, 0.1},
	"convnext_small": {[4]int64{96, 192, 384, 768}, [4]int{3, 3, 27, 3}, 0.4},
	"convnext_base":  {[4]int64{128, 256, 512, 1024}, [4]int{3, 3, 27, 3}, 0.5},
	"convnext_large": {[4]int64{192, 384, 768, 1536}, [4]int{3, 3, 27, 3}, 0.5},
}

// cnBlock is a depthwise convolution and two linear layers, scaled by channel and added to the input.
type cnBlock struct {
	nn.Base
	LayerScale      *torch.Tensor // C×1×1
	Block           *nn.Sequential
	StochasticDepth *nn.StochasticDepth
}

func newCNBlock(c int64, drop float64) nn.Module {
	var own *torch.Scope
	return &cnBlock{LayerScale: own.Full(1e-6, c, 1, 1), StochasticDepth: &nn.StochasticDepth{P: drop, Mode: "row"},
		Block: nn.NewSequential(nn.NewConv2d(c, c, 7, nn.Padding(3), nn.Groups(c)), toLast(), nn.NewLayerNorm(c, nn.Eps(1e-6)),
			nn.NewLinear(c, 4*c), gelu(), nn.NewLinear(4*c, c), toFirst())}
}

// Forward maps N×C×H×W to its own shape.
func (m *cnBlock) Forward(x *torch.Tensor) *torch.Tensor {
	y := nn.Call(m.Block, x)
	defer y.Close()
	scaled := y.Mul(m.LayerScale)
	return nn.Then(x, scaled, m.StochasticDepth).Add_(x)
}

func newConvNeXt(c convNeXt, classes int64) nn.Module {
	norm := func(c int64) nn.Module { return nn.NewLayerNorm2d(c, nn.Eps(1e-6)) }
	w := c.widths
	layers := []nn.Module{nn.NewSequential(nn.NewConv2d(3, w[0], 4, nn.Stride(4)), norm(w[0]))}
	total, done := 0, 0
	for _, d := range c.depths {
		total += d
	}
	for i, depth := range c.depths {
		var stage []nn.Module
		for range depth {
			stage = append(stage, newCNBlock(w[i], c.drop*float64(done)/(float64(total)-1)))
			done++
		}
		layers = append(layers, nn.NewSequential(stage...))
		if i < 3 {
			layers = append(layers, nn.NewSequential(norm(w[i]), nn.NewConv2d(w[i], w[i+1], 2, nn.Stride(2))))
		}
	}
	m := newNet(step{"features", nn.NewSequential(layers...)}, step{"avgpool", pool(1)},
		step{"classifier", nn.NewSequential(norm(w[3]), &nn.Flatten{}, nn.NewLinear(w[3], classes))})
	fill(m, truncated(0.02), truncated(0.02))
	return m
}
