package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/windows"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Graham et al., "LeViT: a Vision Transformer in ConvNet's Clothing for Faster Inference" (2021).

// leViT is a LeViT of timm, with a second head for distillation.
type leViT struct {
	widths, heads [3]int64
	depths        [3]int
	key           int64 // channels of a key
}

var leViTs = map[string]leViT{"levit_256": {[3]int64{256, 384, 512}, [3]int64{4, 6, 8}, [3]int{4, 4, 4}, 32}}

// tokenNorm is a linear layer and a batch norm of all tokens of N×L×C.
type tokenNorm struct {
	nn.Base
	Linear *nn.Linear
	BN     *nn.BatchNorm `nn:"bn"`
}

// newTokenNorm makes one whose norm begins at that weight.
func newTokenNorm(in, out int64, weight float64) *tokenNorm {
	m := &tokenNorm{Linear: nn.NewLinear(in, out, nn.NoBias()), BN: nn.NewBatchNorm(out)}
	nn.Constant_(m.BN.Weight, weight)
	return m
}

// Forward maps N×L×in to N×L×out.
func (m *tokenNorm) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		y := nn.Call(m.Linear, x)
		return nn.Call(m.BN, y.Flatten(0, 1)).View(y.Shape()...)
	})
}

// levitAttention is attention of side×side tokens to themselves, or of every second one in both directions to all of them, with a bias for
// each distance.
type levitAttention struct {
	nn.Base
	AttentionBiases                *torch.Tensor // heads×side²
	QKV                            *tokenNorm    `nn:"qkv"` // where all attend
	KV                             *tokenNorm    `nn:"kv"`  // where every second one does
	Q                              *net
	Proj                           *net
	heads, key, value, side, every int64
}

// newLevitAttention makes one of in to out channels; goes down means that every second token attends.
func newLevitAttention(in, out, heads, key, side int64, down bool) *levitAttention {
	var own *torch.Scope
	m := &levitAttention{heads: heads, key: key, value: 2 * key, side: side, every: 1}
	if down {
		m.every, m.value = 2, 4*key
		m.KV = newTokenNorm(in, heads*(key+m.value), 1)
		m.Q = newNet(step{"", &everySecond{side: side}}, step{"ln", newTokenNorm(in, heads*key, 1)})
	} else {
		m.QKV = newTokenNorm(in, heads*(2*key+m.value), 1)
	}
	m.Proj = newNet(step{"", hardswish()}, step{"ln", newTokenNorm(heads*m.value, out, float64(m.every-1))}) // without a way around it where it goes down
	m.AttentionBiases = own.Zeros(heads, side*side)
	return m
}

// everySecond takes every second token of a grid of side×side, in both directions.
type everySecond struct {
	nn.Base
	side int64
}

// Forward maps N×side²×C to N×L×C.
func (m *everySecond) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		n, c := x.Size(0), x.Size(2)
		return x.Reshape(n, m.side, m.side, c).Slice(1, 0, m.side, 2).Slice(2, 0, m.side, 2).Reshape(n, -1, c)
	})
}

// Forward maps N×side²×in to N×L×out.
func (m *levitAttention) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		n := x.Size(0)
		split := func(t *torch.Tensor) *torch.Tensor { return t.View(n, t.Size(1), m.heads, -1).Transpose(1, 2) } // N×heads×L×C
		var q, k, v *torch.Tensor
		if m.QKV != nil {
			all := split(nn.Call(m.QKV, x))
			q, k, v = all.Narrow(3, 0, m.key), all.Narrow(3, m.key, m.key), all.Narrow(3, 2*m.key, m.value)
		} else {
			all := split(nn.Call(m.KV, x))
			q, k, v = split(nn.Call(m.Q, x)), all.Narrow(3, 0, m.key), all.Narrow(3, m.key, m.value)
		}
		dy, dx := windows.Offsets(x, m.side, m.every)
		index := dy.Abs().MulScalar(float64(m.side)).Add(dx.Abs()).To(torch.Int64)
		bias := m.AttentionBiases.In(x.Scope()).Index(nil, index)
		a := q.MatMul(k.Transpose(-2, -1)).MulScalar(math.Sqrt(1 / float64(m.key))).Add(bias).Softmax(-1)
		y := a.MatMul(v).Transpose(1, 2).Reshape(n, q.Size(2), m.heads*m.value)
		return nn.Call(m.Proj, y)
	})
}

// levitDownsample has every second token left, with more channels.
type levitDownsample struct {
	nn.Base
	AttnDownsample *levitAttention
	MLP            *net `nn:"mlp"`
}

// Forward maps N×side²×in to N×L×out.
func (m *levitDownsample) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		x = nn.Call(m.AttnDownsample, x)
		return x.Add(nn.Call(m.MLP, x))
	})
}

func newLevitMLP(width int64) *net {
	return newNet(step{"ln1", newTokenNorm(width, 2*width, 1)}, step{"", hardswish()}, step{"ln2", newTokenNorm(2*width, width, 0)})
}

// levitNet is a body whose tokens are averaged, and two heads, whose mean it returns.
type levitNet struct {
	net
	heads []nn.Module `nn:"-"`
}

// Forward maps N×3×224×224 to logits N×classes, or without heads to N×C.
func (m *levitNet) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		y := m.net.Forward(x).Mean(1)
		if len(m.heads) == 0 {
			return y
		}
		return nn.Call(m.heads[0], y).Add(nn.Call(m.heads[1], y)).DivScalar(2)
	})
}

func newLeViT(c leViT, classes, channels int64) nn.Module {
	stem := newNet()
	for i, in := 0, channels; i < 4; i++ {
		out := c.widths[0] / 8 << i
		stem.add(step{"conv" + itoa(i+1), named(step{"linear", convOf(in, out, 3, 2, 1)}, step{"bn", batchNorm(out)})})
		if in = out; i < 3 {
			stem.add(step{"", hardswish()})
		}
	}
	var stages []nn.Module
	side := int64(14)
	for i, width := range c.widths {
		stage := newNet()
		if i > 0 {
			in := c.widths[i-1]
			attention := newLevitAttention(in, width, in/c.key, c.key, side, true)
			stage.add(step{"downsample", &levitDownsample{AttnDownsample: attention, MLP: newLevitMLP(width)}})
			side = (side + 1) / 2
		}
		var blocks []nn.Module
		for range c.depths[i] {
			b := &sums{}
			b.add(step{"attn", newLevitAttention(width, width, c.heads[i], c.key, side, false)})
			b.add(step{"mlp", newLevitMLP(width)})
			blocks = append(blocks, b)
		}
		stage.add(step{"blocks", nn.NewSequential(blocks...)})
		stages = append(stages, stage)
	}
	m := &levitNet{net: *newNet(step{"", &sized{side: 224}}, step{"stem", stem}, step{"", &tokens{}}, step{"stages", nn.NewSequential(stages...)})}
	for _, name := range []string{"head", "head_dist"} {
		if classes == 0 {
			break
		}
		last := c.widths[2]
		linear := nn.NewLinear(last, classes)
		refill(linear.Weight, linear.Bias, truncated(0.02))
		head := named(step{"bn", batchNorm(last)}, step{"linear", linear})
		m.Register(name, head)
		m.heads = append(m.heads, head)
	}
	return m
}

// tokens makes N×L×C of N×C×H×W.
type tokens struct{ nn.Base }

// Forward lists the pixels row by row.
func (m *tokens) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor { return x.Flatten(2, -1).Transpose(1, 2) })
}
