package models

import (
	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Sources: Liu et al., "Swin Transformer" (2021) and "Swin Transformer V2" (2021).

type swin struct {
	second bool // version 2
	width  int64
	depths [4]int
	heads  [4]int64
	window int64
	drop   float64 // of the last block
}

var swins = map[string]swin{
	"swin_t":    {false, 96, [4]int{2, 2, 6, 2}, [4]int64{3, 6, 12, 24}, 7, 0.2},
	"swin_s":    {false, 96, [4]int{2, 2, 18, 2}, [4]int64{3, 6, 12, 24}, 7, 0.3},
	"swin_b":    {false, 128, [4]int{2, 2, 18, 2}, [4]int64{4, 8, 16, 32}, 7, 0.5},
	"swin_v2_t": {true, 96, [4]int{2, 2, 6, 2}, [4]int64{3, 6, 12, 24}, 8, 0.2},
	"swin_v2_s": {true, 96, [4]int{2, 2, 18, 2}, [4]int64{3, 6, 12, 24}, 8, 0.3},
	"swin_v2_b": {true, 128, [4]int{2, 2, 18, 2}, [4]int64{4, 8, 16, 32}, 8, 0.5},
}

// swinBlock is attention within windows and an MLP, each with a way around it and a norm, which version 2 has behind them.
type swinBlock struct {
	nn.Base
	Norm1           *nn.LayerNorm
	Attn            *windows.Attention
	StochasticDepth *nn.StochasticDepth
	Norm2           *nn.LayerNorm
	MLP             *nn.Sequential `nn:"mlp"`
	second          bool
}

// Forward maps N×H×W×C to its own shape.
func (m *swinBlock) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		for _, part := range []struct{ norm, path nn.Module }{{m.Norm1, m.Attn}, {m.Norm2, m.MLP}} {
			first, then := part.norm, part.path
			if m.second {
				first, then = then, first
			}
			x = x.Add(chain(x, first, then, m.StochasticDepth))
		}
		return x
	})
}

// patchMerging halves the sides of N×H×W×C and doubles the channels.
type patchMerging struct {
	nn.Base
	Reduction *nn.Linear
	Norm      *nn.LayerNorm
	second    bool
}

// Forward maps N×H×W×C to N×H/2×W/2×2C.
func (m *patchMerging) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		if x = windows.Join(x); m.second {
			return chain(x, m.Reduction, m.Norm)
		}
		return chain(x, m.Norm, m.Reduction)
	})
}

func newSwin(c swin, classes int64) nn.Module {
	norm := func(c int64) *nn.LayerNorm { return nn.NewLayerNorm(c) }
	kind := windows.WithIndex
	if c.second {
		kind = windows.ByCosines
	}
	layers := []nn.Module{nn.NewSequential(nn.NewConv2d(3, c.width, 4, nn.Stride(4)), toLast(), norm(c.width))}
	total, done, width := 0, 0, c.width
	for _, d := range c.depths {
		total += d
	}
	for i, depth := range c.depths {
		var stage []nn.Module
		for j := range depth {
			b := &swinBlock{Norm1: norm(width), StochasticDepth: &nn.StochasticDepth{P: c.drop * float64(done) / float64(total-1), Mode: "row"}, second: c.second}
			b.Attn = windows.New(width, c.heads[i], c.window, c.window/2*int64(j%2), kind)
			b.Norm2, b.MLP = norm(width), mlp(width, 4*width)
			stage = append(stage, b)
			done++
		}
		if layers = append(layers, nn.NewSequential(stage...)); i == 3 {
			break
		}
		merged := 4 * width
		if c.second {
			merged = 2 * width
		}
		layers = append(layers, &patchMerging{Reduction: nn.NewLinear(4*width, 2*width, nn.NoBias()), Norm: norm(merged), second: c.second})
		width *= 2
	}
	m := newNet(step{"features", nn.NewSequential(layers...)}, step{"norm", norm(width)}, step{"permute", toFirst()},
		step{"avgpool", pool(1)}, step{"flatten", &nn.Flatten{}}, step{"head", nn.NewLinear(width, classes)})
	fill(m, nil, truncated(0.02))
	return m
}
