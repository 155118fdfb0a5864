package vision

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// colours is the number of channels that published weights were trained with.
const colours = 3

// newWhole makes the whole model for images of nIn channels. load, where it isn't nil, fills in published weights, which are of three;
// they are adapted as the architecture's library does.
func newWhole(arch Arch, classes, nIn int64, load func(whole nn.Module) error) (whole nn.Module, err error) {
	if nIn < 1 {
		return nil, fmt.Errorf("vision: NIn(%d): want 1 or more channels", nIn)
	}
	asTimm := nIn != colours && arch.NewIn != nil
	err = torch.Try(func() {
		if asTimm {
			guard.Do("Arch.NewIn", arch.NewIn, func() { whole = arch.NewIn(classes, nIn) })
		} else {
			guard.Do("Arch.New", arch.New, func() { whole = arch.New(classes) })
		}
	})
	switch {
	case err != nil:
	case asTimm && load != nil:
		err = loadRepeated(whole, nIn, load)
	case load != nil:
		err = load(whole)
	}
	if err == nil && nIn != colours && !asTimm {
		err = replaceFirst(whole, nIn, load != nil)
	}
	if err != nil && whole != nil {
		nn.Close(whole)
	}
	return whole, err
}

// InChannels is the number of channels that a model's first convolution takes.
func InChannels(m nn.Module) (int64, error) {
	if err := nn.Check(m); err != nil {
		return 0, fmt.Errorf("vision: %w", err)
	}
	first := firstConv(m)
	if first == nil || first.Weight == nil {
		return 0, errors.New("vision: the model has no Conv2d")
	}
	return first.Weight.Size(1), nil
}

func firstConv(m nn.Module) (first *nn.Conv2d) {
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok && first == nil {
			first = conv
		}
	})
	return first
}

// sameBut is a convolution of n channels, with a bias where conv has one.
func sameBut(conv *nn.Conv2d, n int64) *nn.Conv2d {
	opts := []nn.ConvOption{nn.KernelSize(conv.Weight.Shape()[2:]...)}
	if conv.Bias == nil {
		opts = append(opts, nn.NoBias())
	}
	return nn.NewConv2d(n, conv.Weight.Size(0), conv.Weight.Size(2), opts...)
}

// replaceFirst gives the first convolution fresh weights of nIn channels, or such as are made of published ones: their sum for one channel,
// one and a half times the first two for two, and zeros behind the three for more (fastai's _update_first_layer). Its bias is always fresh.
func replaceFirst(whole nn.Module, nIn int64, pretrained bool) error {
	first := firstConv(whole)
	if first == nil || first.Weight.Size(1) != colours {
		return fmt.Errorf("vision: NIn(%d): the model does not begin with a Conv2d of 3 channels", nIn)
	}
	return torch.Try(func() {
		fresh := sameBut(first, nIn)
		if pretrained {
			adapt(fresh.Weight, first.Weight, func(from *torch.Tensor) *torch.Tensor {
				switch nIn {
				case 1:
					return from.KeepDim().Sum(1)
				case 2:
					return from.Narrow(1, 0, 2).MulScalar(1.5)
				}
				rest := fresh.Weight.Shape()
				rest[1] -= colours
				return torch.Cat(1, from, from.Scope().With(from.DType()).Zeros(rest...))
			})
		}
		first.Weight.Assign(fresh.Weight)
		if fresh.Bias != nil {
			first.Bias.Assign(fresh.Bias)
		}
	})
}

// loadRepeated loads weights of three channels into a model of nIn: one channel gets their sum, more get them again and again, 3/nIn times
// as large (timm's adapt_input_conv).
func loadRepeated(whole nn.Module, nIn int64, load func(whole nn.Module) error) error {
	first := firstConv(whole)
	if first == nil || first.Weight.Size(1) != nIn {
		return fmt.Errorf("vision: NIn(%d): the model that Arch.NewIn made does not begin with a Conv2d of %[1]d channels", nIn)
	}
	var drawn *torch.Tensor
	err := torch.Try(func() {
		drawn = unknown(first.Weight, nIn)
		adapt(drawn, first.Weight, func(from *torch.Tensor) *torch.Tensor { return from })
		first.Weight.Assign(unknown(first.Weight, colours))
	})
	if err == nil {
		err = load(whole)
	}
	if err != nil {
		drawn.Close()
		return err
	}
	return torch.Try(func() {
		adapt(drawn, first.Weight, func(from *torch.Tensor) *torch.Tensor {
			switch {
			case from.Isnan().All().ItemInt() == 1: // the file lacks them, which only nn.LoadOptions.NonStrict lets pass
				return drawn
			case nIn == 1:
				return from.KeepDim().Sum(1)
			}
			return from.Repeat(1, (nIn+colours-1)/colours, 1, 1).Narrow(1, 0, nIn).MulScalar(colours / float64(nIn))
		})
		first.Weight.Assign(drawn)
	})
}

// unknown are weights of n channels that aren't numbers.
func unknown(like *torch.Tensor, n int64) *torch.Tensor {
	shape := like.Shape()
	shape[1] = n
	return (*torch.Scope)(nil).With(like.DType()).Full(math.NaN(), shape...).RequiresGrad_(true)
}

// adapt fills weights with what make makes of others.
func adapt(to, from *torch.Tensor, make func(from *torch.Tensor) *torch.Tensor) {
	s := torch.NewScope()
	defer s.Close()
	torch.NoGrad(func() { to.Copy_(make(from.In(s))) })
}
