package fastlearn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// NIn is the number of channels that go into a vision learner's model: that of the
// loaders' pictures without it. Pretrained weights of three channels are summed for one
// and filled up with zeros for more than three (fastai's n_in).
func NIn(channels int) LearnerOption {
	return visionOption(func(c *visionConfig) { c.nIn = int64(channels) })
}

// channels is the number of channels of the loaders' pictures.
func (d *DataLoaders) channels() int64 {
	if dl, ok := d.Train.(*DataLoader); ok {
		return int64(dl.ds.decoder.Channels())
	}
	return 3
}

// adaptInput gives the first convolution nIn channels (fastai's _update_first_layer).
func adaptInput(body nn.Module, nIn int64, pretrained bool) error {
	var first *nn.Conv2d
	nn.Walk(body, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok && first == nil {
			first = conv
		}
	})
	switch {
	case nIn == 3:
		return nil
	case nIn < 1:
		return fmt.Errorf("fastlearn: NIn(%d): want 1 or more channels", nIn)
	case first == nil || first.Weight.Size(1) != 3:
		return fmt.Errorf("fastlearn: NIn(%d): the model does not begin with a Conv2d of 3 channels", nIn)
	}
	return torch.Try(func() {
		fresh := nn.NewConv2d(nIn, first.Weight.Size(0), first.Weight.Size(2), nn.NoBias())
		if pretrained {
			torch.NoGrad(func() { copyChannels(fresh.Weight, first.Weight) })
		}
		first.Weight.Assign(fresh.Weight)
	})
}

// copyChannels fills out×n×k×k weights from those of three channels.
func copyChannels(to, from *torch.Tensor) {
	s := torch.NewScope()
	defer s.Close()
	from = from.Alias().MoveTo(s)
	switch n := to.Size(1); n {
	case 1:
		to.Copy_(from.Sum(true, 1))
	case 2:
		to.Copy_(from.Narrow(1, 0, 2).MulScalar(1.5))
	default:
		to.Zero_()
		part := to.Alias().MoveTo(s).Narrow(1, 0, 3)
		part.Copy_(from)
	}
}
