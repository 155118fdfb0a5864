package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source of DeiT III: Touvron et al. (2022).

// timmViT is a vision transformer of timm, of 12 blocks and patches of 16; scaled is DeiT III's: a scale by channel, and no position for the class.
type timmViT struct {
	width, heads int64
	scaled       bool
}

var (
	timmViTs = map[string]timmViT{"vit_tiny_patch16_224": {192, 3, false}, "vit_small_patch16_224": {384, 6, false}, "vit_base_patch16_224": {768, 12, false}}
	deiTs    = map[string]timmViT{"deit3_small_patch16_224": {384, 6, true}}
)

// selfAttention is attention of N×L×C to itself, with queries, keys and values from one layer.
type selfAttention struct {
	nn.Base
	QKV   *nn.Linear `nn:"qkv"`
	Proj  *nn.Linear
	heads int64
}

// Forward maps N×L×C to its own shape.
func (m *selfAttention) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		n, l, c := x.Size(0), x.Size(1), x.Size(2)
		qkv := nn.Call(m.QKV, x).Reshape(n, l, 3, m.heads, c/m.heads).Permute(2, 0, 3, 1, 4).Unbind(0)
		y := torch.ScaledDotProductAttention(qkv[0], qkv[1], qkv[2], torch.AttentionOptions{})
		return nn.Call(m.Proj, y.Transpose(1, 2).Reshape(n, l, c))
	})
}

// layerScale multiplies the channels of …×C.
type layerScale struct {
	nn.Base
	Gamma *torch.Tensor // C
}

// Forward returns x's shape.
func (m *layerScale) Forward(x *torch.Tensor) *torch.Tensor { return x.Mul(m.Gamma) }

// newFeed is a transformer's MLP.
func newFeed(width int64) *net {
	return newNet(step{"fc1", nn.NewLinear(width, 4*width)}, step{"", gelu()}, step{"fc2", nn.NewLinear(4*width, width)})
}

// sums runs paths one after the other, each with a way around it.
type sums struct {
	nn.Base
	paths [][]nn.Module `nn:"-"`
}

// add adds a path of these steps.
func (m *sums) add(steps ...step) {
	var path []nn.Module
	for _, s := range steps {
		m.Register(s.name, s.Module)
		path = append(path, s.Module)
	}
	m.paths = append(m.paths, path)
}

// Forward returns x's shape.
func (m *sums) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		for _, p := range m.paths {
			x = x.Add(chain(x, p...))
		}
		return x
	})
}

// timmTransformer is a transformer over the patches of a picture and a token for its class.
type timmTransformer struct {
	nn.Base
	ClsToken   *torch.Tensor // 1×1×C
	PosEmbed   *torch.Tensor // 1×L×C
	PatchEmbed *net
	Blocks     *nn.Sequential
	Norm       *nn.LayerNorm
	Head       *nn.Linear
	scaled     bool
}

func newTimmViT(c timmViT, classes, channels int64) nn.Module {
	var own *torch.Scope
	norm := func() nn.Module { return nn.NewLayerNorm(c.width, nn.Eps(1e-6)) }
	patch := nn.NewConv2d(channels, c.width, 16, nn.Stride(16))
	tokens := int64(14 * 14)
	if !c.scaled {
		tokens++
	}
	m := &timmTransformer{ClsToken: own.Empty(1, 1, c.width), PosEmbed: own.Empty(1, tokens, c.width), PatchEmbed: newNet(step{"proj", patch}),
		Blocks: &nn.Sequential{}, scaled: c.scaled}
	for i := range 12 {
		attention := &selfAttention{QKV: nn.NewLinear(c.width, 3*c.width), Proj: nn.NewLinear(c.width, c.width), heads: c.heads}
		feed := newFeed(c.width)
		b := &sums{}
		if c.scaled {
			b.add(step{"norm1", norm()}, step{"attn", attention}, step{"ls1", &layerScale{Gamma: own.Full(1e-6, c.width)}})
			b.add(step{"norm2", norm()}, step{"mlp", feed}, step{"ls2", &layerScale{Gamma: own.Full(1e-6, c.width)}})
		} else {
			b.add(step{"norm1", norm()}, step{"attn", attention})
			b.add(step{"norm2", norm()}, step{"mlp", feed})
		}
		m.Blocks.Register(itoa(i), b)
	}
	m.Norm = nn.NewLayerNorm(c.width, nn.Eps(1e-6))
	if classes > 0 {
		m.Head = nn.NewLinear(c.width, classes)
	}
	nn.TruncNormal_(m.PosEmbed, 0, 0.02)
	nn.Normal_(m.ClsToken, 0, 1e-6)
	fill(m, nil, truncated(0.02))
	return m
}

// Forward maps N×3×224×224 to logits N×classes, or without a last layer to N×C.
func (m *timmTransformer) Forward(x *torch.Tensor) *torch.Tensor {
	wantSize(x, 224)
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		tokens := nn.Call(m.PatchEmbed, x).Flatten(2, -1).Transpose(1, 2)
		class := m.ClsToken.In(x.Scope()).Expand(tokens.Size(0), -1, -1)
		if m.scaled {
			tokens = torch.Cat(1, class, tokens.Add(m.PosEmbed))
		} else {
			tokens = torch.Cat(1, class, tokens).Add(m.PosEmbed)
		}
		y := chain(tokens, m.Blocks, m.Norm).Select(1, 0)
		if m.Head == nil {
			return y
		}
		return nn.Call(m.Head, y)
	})
}
