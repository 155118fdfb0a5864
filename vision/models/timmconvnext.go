package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source of version 2: Woo et al., "ConvNeXt V2" (2023).

// timmNeXt is a ConvNeXt of timm; convs has its MLPs as convolutions, second is version 2.
type timmNeXt struct {
	widths        [4]int64
	depths        [4]int
	convs, second bool
}

var timmNeXts = map[string]timmNeXt{
	"convnext_atto":   {[4]int64{40, 80, 160, 320}, [4]int{2, 2, 6, 2}, true, false},
	"convnext_femto":  {[4]int64{48, 96, 192, 384}, [4]int{2, 2, 6, 2}, true, false},
	"convnext_pico":   {[4]int64{64, 128, 256, 512}, [4]int{2, 2, 6, 2}, true, false},
	"convnext_nano":   {[4]int64{80, 160, 320, 640}, [4]int{2, 2, 8, 2}, true, false},
	"convnext_tiny":   {[4]int64{96, 192, 384, 768}, [4]int{3, 3, 9, 3}, false, false},
	"convnext_small":  {[4]int64{96, 192, 384, 768}, [4]int{3, 3, 27, 3}, false, false},
	"convnext_base":   {[4]int64{128, 256, 512, 1024}, [4]int{3, 3, 27, 3}, false, false},
	"convnextv2_atto": {[4]int64{40, 80, 160, 320}, [4]int{2, 2, 6, 2}, true, true},
	"convnextv2_nano": {[4]int64{80, 160, 320, 640}, [4]int{2, 2, 8, 2}, true, true},
	"convnextv2_tiny": {[4]int64{96, 192, 384, 768}, [4]int{3, 3, 9, 3}, false, true},
}

// responseNorm compares the channels of a picture (timm's GlobalResponseNorm).
type responseNorm struct {
	nn.Base
	Weight, Bias *torch.Tensor // C
	first        bool          // N×C×H×W, else N×H×W×C
}

// Forward returns x's shape.
func (m *responseNorm) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		weight, bias, sides, channel := m.Weight, m.Bias, []int64{1, 2}, int64(-1)
		if m.first {
			weight, bias, sides, channel = weight.In(x.Scope()).View(-1, 1, 1), bias.In(x.Scope()).View(-1, 1, 1), []int64{2, 3}, 1
		}
		g := x.KeepDim().Norm(2, sides...)
		n := g.Div(g.KeepDim().Mean(channel).AddScalar(1e-6))
		return x.Add(x.Mul(n).Mul(weight).Add(bias))
	})
}

// nextBlock is a depthwise convolution and an MLP, scaled by channel in version 1, and added to the input.
type nextBlock struct {
	nn.Base
	Gamma  *torch.Tensor // C, of version 1
	ConvDW *nn.Conv2d    `nn:"conv_dw"`
	Norm   nn.Module
	MLP    *net `nn:"mlp"`
	convs  bool
}

func newNextBlock(width int64, c timmNeXt) nn.Module {
	var own *torch.Scope
	m := &nextBlock{ConvDW: nn.NewConv2d(width, width, 7, nn.Padding(3), nn.Groups(width)), convs: c.convs}
	linear := func(in, out int64) nn.Module { return nn.NewLinear(in, out) }
	m.Norm = nn.NewLayerNorm(width, nn.Eps(1e-6))
	if c.convs {
		linear = func(in, out int64) nn.Module { return nn.NewConv2d(in, out, 1) }
		m.Norm = nn.NewLayerNorm2d(width, nn.Eps(1e-6))
	}
	m.MLP = newNet(step{"fc1", linear(width, 4*width)}, step{"", gelu()})
	if c.second {
		m.MLP.add(step{"grn", &responseNorm{Weight: own.Zeros(4 * width), Bias: own.Zeros(4 * width), first: c.convs}})
	} else {
		m.Gamma = own.Full(1e-6, width)
	}
	m.MLP.add(step{"fc2", linear(4*width, width)})
	return m
}

// Forward maps N×C×H×W to its own shape.
func (m *nextBlock) Forward(x *torch.Tensor) *torch.Tensor {
	steps := []nn.Module{m.ConvDW, toLast(), m.Norm, m.MLP, toFirst()}
	if m.convs {
		steps = []nn.Module{m.ConvDW, m.Norm, m.MLP}
	}
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		y := chain(x, steps...)
		if m.Gamma != nil {
			y = y.Mul(m.Gamma.In(x.Scope()).View(1, -1, 1, 1))
		}
		return y.Add(x)
	})
}

func newTimmNeXt(c timmNeXt, classes, channels int64) nn.Module {
	norm := func(c int64) nn.Module { return nn.NewLayerNorm2d(c, nn.Eps(1e-6)) }
	stem := nn.NewSequential(nn.NewConv2d(channels, c.widths[0], 4, nn.Stride(4)), norm(c.widths[0]))
	in := c.widths[0]
	var stages []nn.Module
	for i, width := range c.widths {
		stage := newNet()
		if i > 0 {
			stage.add(step{"downsample", nn.NewSequential(norm(in), nn.NewConv2d(in, width, 2, nn.Stride(2)))})
		}
		var blocks []nn.Module
		for range c.depths[i] {
			blocks = append(blocks, newNextBlock(width, c))
		}
		stage.add(step{"blocks", nn.NewSequential(blocks...)})
		stages, in = append(stages, stage), width
	}
	head := newNet(append([]step{{"", pool(1)}, {"norm", norm(in)}, {"", &nn.Flatten{}}}, classifier("fc", in, classes)...)...)
	m := newTimmNet([]step{{"stem", stem}, {"stages", nn.NewSequential(stages...)}}, []step{{"head", head}})
	fill(m, truncated(0.02), truncated(0.02))
	return m
}
