package vision

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// EraseOption changes a default of [RandomErasing].
type EraseOption func(*erasing)

// EraseArea sets the part of the picture's area that is erased (default 0 to 0.3; fastai's
// sl and sh).
func EraseArea(least, most float64) EraseOption {
	return func(e *erasing) { e.least, e.most = least, most }
}

// MinAspect sets the least aspect of an erased rectangle, and its inverse the greatest
// (default 0.3).
func MinAspect(a float64) EraseOption { return func(e *erasing) { e.minAspect = a } }

// MaxCount sets the most rectangles that are erased (default 1); they share the area.
func MaxCount(n int) EraseOption { return func(e *erasing) { e.maxCount = n } }

// RandomErasing fills a random rectangle, the same one in each picture of the batch,
// with noise of mean 0 and deviation 1 with probability p. It comes after [Normalize]
// (fastai's RandomErasing).
func RandomErasing(p float64, opts ...EraseOption) BatchTransform {
	e := &erasing{p: p, most: 0.3, minAspect: 0.3, maxCount: 1}
	e.bad = guard.Options("RandomErasing", opts, func(o EraseOption) { o(e) })
	return e
}

type erasing struct {
	p, least, most, minAspect float64
	maxCount                  int
	bad                       error // an option that is nil
}

func (e *erasing) Order() int { return 100 }

func (e *erasing) Check() error {
	switch {
	case e.bad != nil:
		return e.bad
	case !(e.least >= 0 && e.least <= e.most && e.most <= 1):
		return fmt.Errorf("RandomErasing: EraseArea(%v, %v): want parts of the area from 0 to 1, the smaller first", e.least, e.most)
	case !(e.minAspect > 0 && e.minAspect <= 1):
		return fmt.Errorf("RandomErasing: MinAspect(%v): want a ratio above 0 and at most 1", e.minAspect)
	case e.maxCount < 1:
		return fmt.Errorf("RandomErasing: MaxCount(%d): want 1 or more", e.maxCount)
	}
	return checkP("RandomErasing", e.p)
}

// Draw draws the rectangles.
func (e *erasing) Draw(_, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid || !(rng.Float64() < e.p) {
		return nil
	}
	regions := e.regions(w, h, rng)
	return ofPictures(func(x *torch.Tensor) *torch.Tensor {
		for _, r := range regions {
			rows := x.Narrow(2, int64(r.y), int64(r.h))
			part := rows.Narrow(3, int64(r.x), int64(r.w))
			part.NormalSeeded_(0, 1, rng.Uint64())
			part.Close()
			rows.Close()
		}
		return x
	})
}

// regions draws the rectangles.
func (e *erasing) regions(w, h int, rng *rand.Rand) []region {
	count := 1 + rng.IntN(e.maxCount)
	out := make([]region, count)
	for i := range out {
		area := (e.least + rng.Float64()*(e.most-e.least)) * float64(w*h) / float64(count)
		aspect := math.Exp((2*rng.Float64() - 1) * math.Log(e.minAspect))
		y, rh := stretch(rng, area*aspect, h)
		x, rw := stretch(rng, area/aspect, w)
		out[i] = region{x, y, rw, rh}
	}
	return out
}

// stretch is a random piece of 0 … n as long as the square root of area, what lies
// beyond n being cut off.
func stretch(rng *rand.Rand, area float64, n int) (from, size int) {
	bound := int(math.RoundToEven(math.Sqrt(area)))
	from = rng.IntN(max(n-bound, 0) + 1)
	return from, min(bound, n-from)
}
