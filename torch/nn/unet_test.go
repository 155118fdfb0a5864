package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// unet segments pictures: features at full, half and a quarter of the size are joined on the way up.
type unet struct {
	nn.Base
	Down   []*nn.Sequential
	Pool   *nn.MaxPool2d
	Middle *nn.Sequential
	Grow   []*nn.ConvTranspose2d
	Up     []*nn.Sequential
	Head   *nn.Conv2d
}

func double(in, out int64) *nn.Sequential {
	conv := func(in int64) nn.Module { return nn.NewConv2d(in, out, 3, nn.Padding(1), nn.NoBias()) }
	return nn.NewSequential(conv(in), nn.NewBatchNorm(out), &nn.ReLU{InPlace: true}, conv(out), nn.NewBatchNorm(out), &nn.ReLU{InPlace: true})
}

func newUNet(in, classes int64) *unet {
	grow := func(n int64) *nn.ConvTranspose2d { return nn.NewConvTranspose2d(2*n, n, 2, nn.Stride(2)) }
	return &unet{
		Down: []*nn.Sequential{double(in, 8), double(8, 16)}, Pool: &nn.MaxPool2d{Kernel: 2}, Middle: double(16, 32),
		Grow: []*nn.ConvTranspose2d{grow(16), grow(8)}, Up: []*nn.Sequential{double(32, 16), double(16, 8)},
		Head: nn.NewConv2d(8, classes, 1),
	}
}

func (m *unet) Forward(x *torch.Tensor) *torch.Tensor {
	var seen []*torch.Tensor
	for _, down := range m.Down {
		x = nn.Call(down, x)
		seen = append(seen, x)
		x = nn.Call(m.Pool, x)
	}
	x = nn.Call(m.Middle, x)
	for i, up := range m.Up {
		x = nn.Call(up, torch.Cat(1, seen[len(seen)-1-i], nn.Call(m.Grow[i], x)))
	}
	return nn.Call(m.Head, x)
}

// A U-Net trains as in PyTorch.
func TestUNet(t *testing.T) {
	labels := make([]float64, 2*16*12)
	for i := range labels {
		labels[i] = float64(i * 7 % 3)
	}
	compareTraining(t, "unet", func() nn.Module { return newUNet(3, 3) }, false, waves(2, 3, 16, 12), []int64{2, 3, 16, 12}, labels, []int64{2, 16, 12}, classifierStep)
}
