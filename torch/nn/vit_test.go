package nn_test

import (
	"fmt"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// vit is torchvision's VisionTransformer.
type vit struct {
	nn.Base
	ClassToken *torch.Tensor
	ConvProj   *nn.Conv2d
	Encoder    *vitEncoder
	Heads      map[string]*nn.Linear
}

type vitEncoder struct {
	nn.Base
	PosEmbedding *torch.Tensor
	Layers       *nn.Sequential
	LN           *nn.LayerNorm
}

type vitBlock struct {
	nn.Base
	LN1           *nn.LayerNorm `nn:"ln_1"`
	SelfAttention *nn.MultiheadAttention
	LN2           *nn.LayerNorm `nn:"ln_2"`
	MLP           *nn.Sequential
}

func newViT(size, patch, layers, heads, dim, mlp, classes int64) *vit {
	var own *torch.Scope // parameters live in no scope
	blocks := &nn.Sequential{}
	for i := range layers {
		blocks.Register(fmt.Sprint("encoder_layer_", i), &vitBlock{
			LN1: nn.NewLayerNorm(dim, nn.Eps(1e-6)), LN2: nn.NewLayerNorm(dim, nn.Eps(1e-6)),
			SelfAttention: nn.NewMultiheadAttention(dim, heads, nn.AttentionOptions{BatchFirst: true}),
			MLP:           nn.NewSequential(nn.NewLinear(dim, mlp), &nn.GELU{}, &nn.Dropout{}, nn.NewLinear(mlp, dim), &nn.Dropout{}),
		})
	}
	return &vit{
		ClassToken: own.Zeros(1, 1, dim),
		ConvProj:   nn.NewConv2d(3, dim, patch, nn.Stride(patch)),
		Encoder:    &vitEncoder{PosEmbedding: own.Zeros(1, size/patch*size/patch+1, dim), Layers: blocks, LN: nn.NewLayerNorm(dim, nn.Eps(1e-6))},
		Heads:      map[string]*nn.Linear{"head": nn.NewLinear(dim, classes)},
	}
}

func (m *vitBlock) Forward(x *torch.Tensor) *torch.Tensor {
	x = x.Add(nn.Call(m.SelfAttention, nn.Call(m.LN1, x)))
	return x.Add(nn.Call(m.MLP, nn.Call(m.LN2, x)))
}

func (m *vitEncoder) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Call(m.LN, nn.Call(m.Layers, x.Add(m.PosEmbedding)))
}

func (m *vit) Forward(x *torch.Tensor) *torch.Tensor {
	patches := nn.Call(m.ConvProj, x).Flatten(2, -1).Transpose(1, 2)
	class := m.ClassToken.In(x.Scope()).Expand(x.Size(0), -1, -1)
	x = nn.Call(m.Encoder, torch.Cat(1, class, patches))
	return nn.Call(m.Heads["head"], x.Select(1, 0))
}

// A ViT-Tiny for pictures of 32×32 trains as in torchvision.
func TestViTTiny(t *testing.T) {
	compareTraining(t, "vit", func() nn.Module { return newViT(32, 8, 12, 3, 192, 768, 5) }, false, waves(2, 3, 32, 32), []int64{2, 3, 32, 32}, []float64{1, 4}, []int64{2}, classifierStep)
}
