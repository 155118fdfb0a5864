package nn_test

import (
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

// generator is DCGAN's, of 4 numbers to pictures of 16×16.
func generator() nn.Module {
	up := func(in, out int64, opts ...nn.ConvOption) nn.Module {
		return nn.NewConvTranspose2d(in, out, 4, append(opts, nn.NoBias())...)
	}
	return nn.NewSequential(up(4, 8), nn.NewBatchNorm(8), &nn.ReLU{}, up(8, 6, nn.Stride(2), nn.Padding(1)), nn.NewBatchNorm(6), &nn.ReLU{},
		up(6, 3, nn.Stride(2), nn.Padding(1)), &nn.Tanh{})
}

// architectures are compared as the layers are.
var architectures = []layer{
	{py: "tv.models.convnext.CNBlock(4, .5, 0.)", ours: func() nn.Module { return newCNBlock(4) }, shape: img, train: true, prints: "-"},
	{py: "nn.Sequential(nn.ConvTranspose2d(4, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1, bias=False), nn.Tanh())",
		ours: generator, shape: []int64{5, 4, 1, 1}, train: true, prints: "-"},
}
