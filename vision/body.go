package vision

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// CreateBody makes the part of an architecture before its head, for images of nIn channels: N×nIn×H×W to
// N×arch.Features×h×w (fastai's create_body). load fills the whole model with published weights before it is cut; nil leaves
// fresh ones. With the body come the architecture's names for its children.
func CreateBody(arch Arch, nIn int64, load func(whole nn.Module) error) (body nn.Module, names []string, err error) {
	if arch.New == nil {
		return nil, nil, errors.New("vision: CreateBody: the architecture is empty: pass one such as ResNet34")
	}
	var whole nn.Module
	if err := torch.Try(func() { guard.Do("Arch.New", arch.New, func() { whole = arch.New(1) }) }); err != nil {
		return nil, nil, err
	}
	children := nn.Children(whole)
	var kept []nn.Module
	for i, child := range children {
		if i < arch.Cut {
			kept = append(kept, child.Module)
			names = append(names, child.Name)
		}
	}
	if load != nil {
		err = load(whole)
	}
	if err == nil {
		err = adaptInput(whole, nIn, load != nil)
	}
	for _, cut := range children[arch.Cut:] {
		nn.Close(cut.Module)
	}
	if err == nil {
		err = torch.Try(func() { body = nn.NewSequential(kept...) })
	}
	if err != nil {
		nn.Close(whole)
		return nil, nil, err
	}
	return body, names, nil
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
		return fmt.Errorf("vision: NIn(%d): want 1 or more channels", nIn)
	case first == nil || first.Weight.Size(1) != 3:
		return fmt.Errorf("vision: NIn(%d): the model does not begin with a Conv2d of 3 channels", nIn)
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
	from = from.In(s)
	switch n := to.Size(1); n {
	case 1:
		to.Copy_(from.KeepDim().Sum(1))
	case 2:
		to.Copy_(from.Narrow(1, 0, 2).MulScalar(1.5))
	default:
		to.Zero_()
		part := to.In(s).Narrow(1, 0, 3)
		part.Copy_(from)
	}
}
