package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// cnBlock is a block of torchvision's ConvNeXt.
type cnBlock struct {
	nn.Base
	LayerScale *torch.Tensor
	Block      *nn.Sequential
}

func newCNBlock(dim int64) *cnBlock {
	order := func(dims ...int64) nn.Module {
		return &nn.Lambda{F: func(x *torch.Tensor) *torch.Tensor { return x.Permute(dims...) }}
	}
	return &cnBlock{
		Block: nn.NewSequential(nn.NewConv2d(dim, dim, 7, nn.Padding(3), nn.Groups(dim)), order(0, 2, 3, 1), nn.NewLayerNorm(dim, nn.Eps(1e-6)),
			nn.NewLinear(dim, 4*dim), &nn.GELU{}, nn.NewLinear(4*dim, dim), order(0, 3, 1, 2)),
		LayerScale: (*torch.Scope)(nil).Full(.5, dim, 1, 1),
	}
}

func (m *cnBlock) Forward(x *torch.Tensor) *torch.Tensor {
	return nn.Call(m.Block, x).Mul(m.LayerScale).Add(x)
}

// A ConvNeXt block with a classifier trains as in torchvision.
func TestConvNeXtBlock(t *testing.T) {
	build := func() nn.Module {
		return nn.NewSequential(newCNBlock(8), nn.NewLayerNorm2d(8, nn.Eps(1e-6)), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 3))
	}
	compareTraining(t, "convnext", build, false, waves(3, 8, 9, 9), []int64{3, 8, 9, 9}, []float64{0, 2, 1}, []int64{3}, classifierStep)
}
