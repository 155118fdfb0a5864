package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// gan is DCGAN: G makes pictures of 16×16 from random numbers, and D distinguishes them from given ones.
type gan struct {
	nn.Base
	G, D *nn.Sequential
}

func newGAN(z, width int64) *gan {
	up := func(in, out int64, opts ...nn.ConvOption) nn.Module {
		return nn.NewConvTranspose2d(in, out, 4, append(opts, nn.NoBias())...)
	}
	down := func(in, out int64, opts ...nn.ConvOption) nn.Module {
		return nn.NewConv2d(in, out, 4, append(opts, nn.NoBias())...)
	}
	half := []nn.ConvOption{nn.Stride(2), nn.Padding(1)}
	return &gan{
		G: nn.NewSequential(up(z, 2*width), nn.NewBatchNorm(2*width), &nn.ReLU{InPlace: true}, up(2*width, width, half...), nn.NewBatchNorm(width),
			&nn.ReLU{InPlace: true}, up(width, 3, half...), &nn.Tanh{}),
		D: nn.NewSequential(down(3, width, half...), &nn.LeakyReLU{NegativeSlope: .2}, down(width, 2*width, half...), nn.NewBatchNorm(2*width),
			&nn.LeakyReLU{NegativeSlope: .2}, down(2*width, 1), &nn.Flatten{}),
	}
}

// Forward tells what D bce of what G draws from numbers.
func (m *gan) Forward(z *torch.Tensor) *torch.Tensor { return nn.Call(m.D, nn.Call(m.G, z)) }

// A DCGAN gives PyTorch's numbers: D learns from pictures and from fake ones, then G from what D bce.
func TestDCGAN(t *testing.T) {
	bce := func(logits *torch.Tensor, real bool) *torch.Tensor {
		target := torch.ZerosLike(logits)
		if real {
			target = torch.OnesLike(logits)
		}
		return torch.BCEWithLogits(logits, target, torch.ReductionMean)
	}
	d := trainStep{func(m nn.Module) []*torch.Tensor { return nn.Parameters(m.(*gan).D) }, func(m nn.Module, z, pictures *torch.Tensor) *torch.Tensor {
		g := m.(*gan)
		fake := nn.Call(g.G, z).Detach()
		return bce(nn.Call(g.D, pictures), true).Add(bce(nn.Call(g.D, fake), false))
	}}
	g := trainStep{func(m nn.Module) []*torch.Tensor { return nn.Parameters(m.(*gan).G) }, func(m nn.Module, z, _ *torch.Tensor) *torch.Tensor {
		return bce(nn.Call(m, z), true)
	}}
	compareTraining(t, "dcgan", func() nn.Module { return newGAN(6, 8) }, false, waves(4, 6, 1, 1), []int64{4, 6, 1, 1}, waves(4, 3, 16, 16), []int64{4, 3, 16, 16}, d, g)
}
