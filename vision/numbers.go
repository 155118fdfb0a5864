package vision

import (
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// numbers are what transforms of a batch drew, float32: all of them go to the device in one copy, when the first is needed there.
type numbers struct {
	values []float32
	rows   map[row]span
	sent   *torch.Tensor // what of values is on a device
}

// span is where numbers lie.
type span struct{ at, n int }

// row is a row or column of pixels whose places are among the numbers.
type row struct {
	pixels       int
	alignCorners bool
}

// add takes numbers that view returns as a tensor.
func (a *numbers) add(v ...float64) span {
	return column(a, v, func(v float64) float64 { return v })
}

// column takes f of each of all.
func column[T any](a *numbers, all []T, f func(T) float64) span {
	s := span{len(a.values), len(all)}
	for _, v := range all {
		a.values = append(a.values, float32(f(v)))
	}
	return s
}

// places takes the places of n pixels in a row, once.
func (a *numbers) places(n int, alignCorners bool) span {
	key := row{n, alignCorners}
	s, ok := a.rows[key]
	if !ok {
		if a.rows == nil {
			a.rows = map[row]span{}
		}
		s = a.add(places(n, alignCorners)...)
		a.rows[key] = s
	}
	return s
}

// view is the numbers of a span as a tensor of x's device in scope s, of the given shape.
func (a *numbers) view(s *torch.Scope, x *torch.Tensor, of span, shape ...int64) *torch.Tensor {
	device := x.Device()
	if a.sent == nil || int(a.sent.Numel()) < of.at+of.n || a.sent.Device() != device {
		a.close()
		host := torch.FromSlice(nil, a.values) // a copy of pageable memory doesn't wait
		defer host.Close()
		a.sent = host.To(device)
	}
	part := a.sent.Narrow(0, int64(of.at), int64(of.n))
	defer part.Close()
	return part.View(shape...).MoveTo(s)
}

// close frees what is on the device.
func (a *numbers) close() {
	a.sent.Close()
	a.sent = nil
}

// drawer is a transform of ours, whose numbers go to the device together with those of its neighbours. It draws from rng in drawInto
// alone, and leaves pictures of w×h pixels at outSize(w, h), if it is geometric.
type drawer interface {
	BatchTransform
	// drawInto is Draw that leaves its numbers in all.
	drawInto(all *numbers, n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor
}

// drawAlone is Draw of a transform that isn't drawn together with others.
func drawAlone(t drawer, n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	all := &numbers{}
	do := t.drawInto(all, n, w, h, rng, split)
	if do == nil {
		return nil
	}
	return func(p Part) *torch.Tensor {
		defer all.close()
		return do(p)
	}
}
