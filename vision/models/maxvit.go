package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Tu et al., "MaxViT: Multi-Axis Vision Transformer" (2022).

type maxViT struct {
	stem   int64
	widths []int64
	depths []int
	head   int64 // width of one
	window int64
	drop   float64 // of the last layer
}

var maxViTs = map[string]maxViT{"maxvit_t": {64, []int64{64, 128, 256, 512}, []int{2, 2, 5, 2}, 32, 7, 0.2}}

// maxConv is an MBConv with a norm before it, whose shortcut is pooled and projected where the shape changes.
type maxConv struct {
	nn.Base
	Proj, StochasticDepth nn.Module
	Layers                *nn.Sequential
}

func newMaxConv(in, out, stride int64, drop float64) nn.Module {
	norm := batchNormOf(1e-3, 0.01)
	s := style{norm, gelu}
	m := &maxConv{Proj: &nn.Identity{}, StochasticDepth: &nn.StochasticDepth{P: drop, Mode: "row"}}
	if stride == 2 {
		m.Proj = nn.NewSequential(&nn.AvgPool2d{Kernel: 3, Stride: 2, Padding: 1}, nn.NewConv2d(in, out, 1))
	} else if in != out {
		m.Proj = nn.NewSequential(nn.NewConv2d(in, out, 1))
	}
	mid := 4 * out
	m.Layers = named(step{"pre_norm", norm(in)}, step{"conv_a", s.conv(in, mid, 1, 1, 1)}, step{"conv_b", s.conv(mid, mid, 3, stride, mid)})
	se := nn.NewSqueezeExcitation(mid, out/4)
	se.Activation = &nn.SiLU{}
	m.Layers.Register("squeeze_excitation", se)
	m.Layers.Register("conv_c", nn.NewConv2d(mid, out, 1))
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *maxConv) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		return nn.Call(m.Proj, x).Add(chain(x, m.Layers, m.StochasticDepth))
	})
}

// relativeAttention is attention within each group of N×G×P×C, with a bias for each distance.
type relativeAttention struct {
	nn.Base
	RelativePositionBiasTable *torch.Tensor // (2w-1)²×heads
	RelativePositionIndex     *torch.Tensor `nn:",buffer"` // w²×w²
	ToQKV                     *nn.Linear    `nn:"to_qkv"`
	Merge                     *nn.Linear
	heads                     int64
}

func newRelativeAttention(width, heads, window int64) nn.Module {
	m := &relativeAttention{heads: heads, ToQKV: nn.NewLinear(width, 3*width), Merge: nn.NewLinear(width, width),
		RelativePositionIndex: windows.RelativePositions(window, window*window, window*window)}
	m.RelativePositionBiasTable = (*torch.Scope)(nil).Empty((2*window-1)*(2*window-1), heads)
	nn.TruncNormal_(m.RelativePositionBiasTable, 0, 0.02)
	return m
}

// Forward maps N×G×P×C to its own shape.
func (m *relativeAttention) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		n, g, p, c := x.Size(0), x.Size(1), x.Size(2), x.Size(3)
		var parts []*torch.Tensor
		for _, t := range nn.Call(m.ToQKV, x).Chunk(3, -1) {
			parts = append(parts, t.Reshape(n, g, p, m.heads, c/m.heads).Permute(0, 1, 3, 2, 4))
		}
		bias := m.RelativePositionBiasTable.In(x.Scope()).IndexSelect(0, m.RelativePositionIndex.Flatten(0, -1).MoveTo(x.Scope())).View(p, p, -1).Permute(2, 0, 1).Unsqueeze(0)
		a := parts[0].MatMul(parts[1].MulScalar(math.Sqrt(1/float64(c))).Transpose(-2, -1)).Add(bias).Softmax(-1)
		return nn.Call(m.Merge, a.MatMul(parts[2]).Permute(0, 1, 3, 2, 4).Reshape(n, g, p, c))
	})
}

// partitionAttention divides N×C×H×W into groups of neighbours, or of pixels as far apart as a grid's, and lets each group attend to itself.
type partitionAttention struct {
	nn.Base
	AttnLayer       *nn.Sequential
	MLPLayer        *nn.Sequential      `nn:"mlp_layer"`
	StochasticDepth *nn.StochasticDepth `nn:"stochastic_dropout"`
	window          int64
	grid            bool
}

func newPartitionAttention(width int64, c maxViT, grid bool, drop float64) nn.Module {
	m := &partitionAttention{window: c.window, grid: grid, StochasticDepth: &nn.StochasticDepth{P: drop, Mode: "row"}}
	m.AttnLayer = nn.NewSequential(nn.NewLayerNorm(width), newRelativeAttention(width, width/c.head, c.window), &nn.Dropout{})
	m.MLPLayer = nn.NewSequential(nn.NewLayerNorm(width), nn.NewLinear(width, 4*width), gelu(), nn.NewLinear(4*width, width), &nn.Dropout{})
	return m
}

// Forward maps N×C×H×W to its own shape; H and W are multiples of the window.
func (m *partitionAttention) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		n, c, h, w := x.Size(0), x.Size(1), x.Size(2), x.Size(3)
		if h%m.window != 0 || w%m.window != 0 || h != w {
			panic(&torch.Error{Op: "maxvit", Msg: "the sides of the pictures have to be equal, and multiples of 224: resize them"})
		}
		p := m.window
		if m.grid {
			p = h / m.window
		}
		x = x.Reshape(n, c, h/p, p, w/p, p).Permute(0, 2, 4, 3, 5, 1).Reshape(n, h/p*(w/p), p*p, c)
		if m.grid {
			x = x.Transpose(-2, -3)
		}
		x = x.Add(chain(x, m.AttnLayer, m.StochasticDepth))
		x = x.Add(chain(x, m.MLPLayer, m.StochasticDepth))
		if m.grid {
			x = x.Transpose(-2, -3)
		}
		return x.Reshape(n, h/p, w/p, p, p, c).Permute(0, 5, 1, 3, 2, 4).Reshape(n, c, h, w)
	})
}

func newMaxViT(c maxViT, classes int64) nn.Module {
	stem := nn.NewSequential(style{batchNormOf(1e-3, 0.01), gelu}.conv(3, c.stem, 3, 2, 1), style{}.conv(c.stem, c.stem, 3, 1, 1))
	var blocks []nn.Module
	in, done, total := c.stem, 0, 0
	for _, d := range c.depths {
		total += d
	}
	for i, width := range c.widths {
		var layers []nn.Module
		stride := int64(2)
		for range c.depths[i] {
			drop := c.drop * float64(done) / float64(total-1)
			layers = append(layers, newNet(step{"layers", named(step{"MBconv", newMaxConv(in, width, stride, drop)},
				step{"window_attention", newPartitionAttention(width, c, false, drop)}, step{"grid_attention", newPartitionAttention(width, c, true, drop)})}))
			in, stride = width, 1
			done++
		}
		blocks = append(blocks, newNet(step{"layers", nn.NewSequential(layers...)}))
	}
	m := newNet(step{"stem", stem}, step{"blocks", nn.NewSequential(blocks...)},
		step{"classifier", nn.NewSequential(pool(1), &nn.Flatten{}, nn.NewLayerNorm(in), nn.NewLinear(in, in), &nn.Tanh{}, nn.NewLinear(in, classes, nn.NoBias()))})
	fill(m, normal(0.02), normal(0.02))
	return m
}
