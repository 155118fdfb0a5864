package vision

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Kind says what a part of an item is, and with it what becomes of the part where pictures are cut, turned and tilted.
type Kind int

const (
	Values  Kind = iota // numbers and classes: nothing moves them
	Picture             // in a batch N×C×H×W float32 from 0 to 1, read between the pixels (fastai's TensorImage)
	Mask                // a class for each pixel: in a batch N×H×W int64, read from the nearest pixel (fastai's TensorMask)
	Points              // places in the picture: in a batch N×K×2 float32, x and y from −1 to 1, moved as what lies there (fastai's TensorPoint)
)

// Check refuses what is none of the kinds.
func (k Kind) Check() error {
	if k < Values || k > Points {
		return fmt.Errorf("vision: Kind(%d): want Values, Picture, Mask or Points", k)
	}
	return nil
}

// Part is one part of a batch while it is transformed: a [Mask] is N×1×H×W uint8 until the end, all else as [Kind] says.
type Part struct {
	Kind   Kind
	Tensor *torch.Tensor
}

// ofPictures is what a transform does that changes pictures alone.
func ofPictures(f func(x *torch.Tensor) *torch.Tensor) func(Part) *torch.Tensor {
	return func(p Part) *torch.Tensor {
		if p.Kind != Picture {
			return p.Tensor
		}
		return f(p.Tensor)
	}
}

// moved is what a transform does that moves pixels: pictures by picture, masks by the same with the nearest pixels, points by the maps
// from output to input, backwards.
func moved(all *numbers, maps []mat3, picture func(x *torch.Tensor, nearest bool) *torch.Tensor) func(Part) *torch.Tensor {
	back := all.backwards(maps)
	return func(p Part) *torch.Tensor {
		switch p.Kind {
		case Picture:
			return picture(p.Tensor, false)
		case Mask:
			s := p.Tensor.Scope().Child()
			defer s.Close()
			floats := p.Tensor.To(torch.Float32).MoveTo(s)
			return picture(floats, true).MoveTo(s).To(torch.Uint8).MoveTo(p.Tensor.Scope())
		case Points:
			return back(p.Tensor)
		}
		return p.Tensor
	}
}

// backwards returns what takes points, N×K×2, to where maps from output to input show them; no maps leave them.
func (a *numbers) backwards(maps []mat3) func(x *torch.Tensor) *torch.Tensor {
	if maps == nil {
		return func(x *torch.Tensor) *torch.Tensor { return x }
	}
	inverse := make([]mat3, len(maps))
	for i, m := range maps {
		inverse[i] = m.inverse()
	}
	factors := a.factors(inverse)
	return func(x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		factor := func(k int) *torch.Tensor { return a.view(s, x, factors[k], int64(len(maps)), 1) }
		px, py := x.In(s).Select(2, 0), x.In(s).Select(2, 1)
		sum := func(k int) *torch.Tensor {
			return px.Mul(factor(k)).Add(py.Mul(factor(k + 1))).Add(factor(k + 2))
		}
		z := sum(6)
		return torch.Stack(2, sum(0).Div(z), sum(3).Div(z)).MoveTo(x.Scope())
	}
}
