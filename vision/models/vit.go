package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Dosovitskiy et al., "An Image is Worth 16×16 Words" (2020).

type visionTransformer struct {
	patch                int64
	depth                int
	heads, width, hidden int64
}

var visionTransformers = map[string]visionTransformer{
	"vit_b_16": {16, 12, 12, 768, 3072},
	"vit_b_32": {32, 12, 12, 768, 3072},
	"vit_l_16": {16, 24, 16, 1024, 4096},
	"vit_l_32": {32, 24, 16, 1024, 4096},
	"vit_h_14": {14, 32, 16, 1280, 5120},
}

// mlp is two linear layers with GELU between them, drawn as torchvision's transformers draw theirs (torchvision.ops.MLP).
func mlp(width, hidden int64) *nn.Sequential {
	m := nn.NewSequential(nn.NewLinear(width, hidden), gelu(), &nn.Dropout{}, nn.NewLinear(hidden, width), &nn.Dropout{})
	nn.Walk(m, func(_ string, m nn.Module) {
		if l, ok := m.(*nn.Linear); ok {
			nn.XavierUniform_(l.Weight)
			nn.Normal_(l.Bias, 0, 1e-6)
		}
	})
	return m
}

// encoderBlock is attention and an MLP, each with a norm before it and a way around it.
type encoderBlock struct {
	nn.Base
	LN1           *nn.LayerNorm `nn:"ln_1"`
	SelfAttention *nn.MultiheadAttention
	LN2           *nn.LayerNorm  `nn:"ln_2"`
	MLP           *nn.Sequential `nn:"mlp"`
}

// Forward maps N×L×C to its own shape.
func (m *encoderBlock) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		x = nn.Call(m.SelfAttention, nn.Call(m.LN1, x)).Add(x)
		return nn.Call(m.MLP, nn.Call(m.LN2, x)).Add(x)
	})
}

// encoder adds the positions and runs the blocks.
type encoder struct {
	nn.Base
	PosEmbedding *torch.Tensor // 1×L×C
	Layers       *nn.Sequential
	LN           *nn.LayerNorm `nn:"ln"`
}

// Forward maps N×L×C to its own shape.
func (m *encoder) Forward(x *torch.Tensor) *torch.Tensor {
	y := x.Add(m.PosEmbedding)
	return nn.Then(x, nn.Then(x, y, m.Layers), m.LN)
}

// viT is a transformer over the patches of a picture and a token for its class.
type viT struct {
	nn.Base
	ClassToken *torch.Tensor // 1×1×C
	ConvProj   *nn.Conv2d
	Encoder    *encoder
	Heads      *nn.Sequential
}

func newViT(c visionTransformer, classes int64) nn.Module {
	var own *torch.Scope
	m := &viT{ConvProj: nn.NewConv2d(3, c.width, c.patch, nn.Stride(c.patch)), ClassToken: own.Zeros(1, 1, c.width)}
	side := 224 / c.patch
	m.Encoder = &encoder{PosEmbedding: own.Empty(1, side*side+1, c.width), Layers: &nn.Sequential{}, LN: nn.NewLayerNorm(c.width, nn.Eps(1e-6))}
	nn.Normal_(m.Encoder.PosEmbedding, 0, 0.02)
	for i := range c.depth {
		m.Encoder.Layers.Register("encoder_layer_"+itoa(i), &encoderBlock{LN1: nn.NewLayerNorm(c.width, nn.Eps(1e-6)),
			SelfAttention: nn.NewMultiheadAttention(c.width, c.heads, nn.AttentionOptions{BatchFirst: true}),
			LN2:           nn.NewLayerNorm(c.width, nn.Eps(1e-6)), MLP: mlp(c.width, c.hidden)})
	}
	m.Heads = &nn.Sequential{}
	if classes > 0 {
		head := nn.NewLinear(c.width, classes)
		nn.Constant_(head.Weight, 0)
		nn.Constant_(head.Bias, 0)
		m.Heads.Register("head", head)
	}
	nn.TruncNormal_(m.ConvProj.Weight, 0, math.Sqrt(1/float64(3*c.patch*c.patch)))
	nn.Constant_(m.ConvProj.Bias, 0)
	return m
}

// Forward maps N×3×224×224 to logits N×classes.
func (m *viT) Forward(x *torch.Tensor) *torch.Tensor {
	wantSize(x, 224)
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		tokens := nn.Call(m.ConvProj, x).Flatten(2, -1).Permute(0, 2, 1)
		class := m.ClassToken.In(x.Scope()).Expand(tokens.Size(0), -1, -1)
		return nn.Call(m.Heads, nn.Call(m.Encoder, torch.Cat(1, class, tokens)).Select(1, 0))
	})
}
