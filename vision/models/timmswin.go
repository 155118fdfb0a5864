package models

import (
	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// timmSwins are timm's Swin Transformers; drop is that of the last block.
var timmSwins = map[string]swin{
	"swin_tiny_patch4_window7_224": {width: 96, depths: [4]int{2, 2, 6, 2}, heads: [4]int64{3, 6, 12, 24}, window: 7, drop: 0.1},
}

// patches joins each square of four pixels of N×H×W×C: N×H/2×W/2×4C.
type patches struct{ nn.Base }

// Forward calls windows.Join.
func (m *patches) Forward(x *torch.Tensor) *torch.Tensor { return within(x, windows.Join) }

// dropPath is the rate of block i of n, in the float32 in which timm keeps it.
func dropPath(last float64, i, n int) float64 {
	step := float32(last) / float32(n-1)
	if i < n/2 {
		return float64(step * float32(i))
	}
	return float64(float32(last) - step*float32(n-1-i))
}

func newTimmSwin(c swin, classes, channels int64) nn.Module {
	embed := newNet(step{"proj", nn.NewConv2d(channels, c.width, 4, nn.Stride(4))}, step{"", toLast()}, step{"norm", nn.NewLayerNorm(c.width)})
	total, done, width := 0, 0, c.width
	for _, d := range c.depths {
		total += d
	}
	var layers []nn.Module
	for i, depth := range c.depths {
		stage := newNet()
		if i > 0 {
			stage.add(step{"downsample", newNet(step{"", &patches{}}, step{"norm", nn.NewLayerNorm(4 * width)},
				step{"reduction", nn.NewLinear(4*width, 2*width, nn.NoBias())})})
			width *= 2
		}
		var blocks []nn.Module
		for j := range depth {
			drop := func() nn.Module { return &nn.StochasticDepth{P: dropPath(c.drop, done, total), Mode: "row"} }
			attention := windows.New(width, c.heads[i], c.window, c.window/2*int64(j%2), windows.WithoutIndex)
			b := &sums{}
			b.add(step{"norm1", nn.NewLayerNorm(width)}, step{"attn", attention}, step{"drop_path1", drop()})
			b.add(step{"norm2", nn.NewLayerNorm(width)}, step{"mlp", newFeed(width)}, step{"drop_path2", drop()})
			blocks = append(blocks, b)
			done++
		}
		stage.add(step{"blocks", nn.NewSequential(blocks...)})
		layers = append(layers, stage)
	}
	features := []step{{"", &sized{side: 224}}, {"patch_embed", embed}, {"layers", nn.NewSequential(layers...)}, {"norm", nn.NewLayerNorm(width)}, {"", toFirst()}}
	head := newNet(append([]step{{"", pool(1)}, {"", &nn.Flatten{}}}, classifier("fc", width, classes)...)...)
	m := newTimmNet(features, []step{{"head", head}})
	fill(m, nil, truncated(0.02))
	return m
}
