package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Source: Ma et al., "ShuffleNet V2" (2018).

// shuffleNets are the channels of the stem, of the stages and of the last convolution.
var shuffleNets = map[string][5]int64{
	"shufflenet_v2_x0_5": {24, 48, 96, 192, 1024},
	"shufflenet_v2_x1_0": {24, 116, 232, 464, 1024},
	"shufflenet_v2_x1_5": {24, 176, 352, 704, 1024},
	"shufflenet_v2_x2_0": {24, 244, 488, 976, 2048},
}

// shuffle is a block whose halves of channels are mixed behind it. At stride 1 one half goes around it.
type shuffle struct {
	nn.Base
	Branch1, Branch2 *nn.Sequential
	stride           int64
}

func newShuffle(in, out, stride int64) nn.Module {
	half := out / 2
	depthwise := func(c int64) nn.Module {
		return nn.NewConv2d(c, c, 3, nn.Stride(stride), nn.Padding(1), nn.Groups(c), nn.NoBias())
	}
	pointwise := func(in int64) nn.Module { return nn.NewConv2d(in, half, 1, nn.NoBias()) }
	m := &shuffle{stride: stride, Branch1: nn.NewSequential()}
	if stride > 1 {
		m.Branch1 = nn.NewSequential(depthwise(in), batchNorm(in), pointwise(in), batchNorm(half), relu())
	} else {
		in = half
	}
	m.Branch2 = nn.NewSequential(pointwise(in), batchNorm(half), relu(), depthwise(half), batchNorm(half), pointwise(half), batchNorm(half), relu())
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *shuffle) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		var y *torch.Tensor
		if m.stride == 1 {
			halves := x.Chunk(2, 1)
			y = torch.Cat(1, halves[0], nn.Call(m.Branch2, halves[1]))
		} else {
			y = torch.Cat(1, nn.Call(m.Branch1, x), nn.Call(m.Branch2, x))
		}
		n, c, h, w := y.Size(0), y.Size(1), y.Size(2), y.Size(3)
		if y.IsContiguous(torch.ChannelsLast) { // as which it stays
			return y.Permute(0, 2, 3, 1).Reshape(n, h, w, 2, c/2).Transpose(3, 4).Reshape(n, h, w, c).Permute(0, 3, 1, 2)
		}
		return y.View(n, 2, c/2, h, w).Transpose(1, 2).Contiguous().View(n, c, h, w)
	})
}

func newShuffleNet(widths [5]int64, classes int64) nn.Module {
	conv := func(in, out, kernel, stride int64) nn.Module {
		return nn.NewSequential(nn.NewConv2d(in, out, kernel, nn.Stride(stride), nn.Padding(kernel/2), nn.NoBias()), batchNorm(out), relu())
	}
	m := newNet(step{"conv1", conv(3, widths[0], 3, 2)}, step{"maxpool", maxPool(3, 2, 1)})
	for i, repeats := range []int{4, 8, 4} {
		in, out := widths[i], widths[i+1]
		blocks := []nn.Module{newShuffle(in, out, 2)}
		for range repeats - 1 {
			blocks = append(blocks, newShuffle(out, out, 1))
		}
		m.add(step{"stage" + itoa(i+2), nn.NewSequential(blocks...)})
	}
	for _, s := range []step{{"conv5", conv(widths[3], widths[4], 1, 1)}, {"", pool(1)}, {"", &nn.Flatten{}}, {"fc", nn.NewLinear(widths[4], classes)}} {
		m.add(s)
	}
	return m
}
