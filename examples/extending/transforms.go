package extending

import (
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Crop is an item transform: what vision.RandomCrop is. What it plans is done to the masks and points of the item as well.
type Crop struct{ W, H int }

// Plan draws where the crop lies: in the middle in validation.
func (c Crop) Plan(w, h int, rng *rand.Rand, split vision.Split) []vision.Step {
	at := func(n, size int) int {
		d := n - size
		switch {
		case split == vision.Valid:
			return int(math.Floor(float64(d) / 2))
		case d < 0:
			return d + rng.IntN(-d)
		}
		return rng.IntN(d + 1)
	}
	return []vision.Step{{X: at(w, c.W), Y: at(h, c.H), W: c.W, H: c.H, Pad: vision.Zeros}}
}

// Size lets pictures be decoded straight into the batch.
func (c Crop) Size(int, int) (w, h int) { return c.W, c.H }

// Negative is an item transform that changes pixels, which masks don't take part in.
type Negative struct{}

// Plan leaves the size alone.
func (Negative) Plan(w, h int, _ *rand.Rand, _ vision.Split) []vision.Step {
	return []vision.Step{{W: w, H: h, Edit: func(m *vision.Image) error {
		for i, v := range m.Pix {
			m.Pix[i] = 255 - v
		}
		return nil
	}}}
}

// Erase is a batch transform: what vision.RandomErasing is with one rectangle.
type Erase struct{ P, Most float64 }

// Order puts it after vision.Normalize.
func (Erase) Order() int { return 100 }

// Draw draws the rectangle, the same in each picture.
func (e Erase) Draw(_, w, h int, rng *rand.Rand, split vision.Split) func(vision.Part) *torch.Tensor {
	if split == vision.Valid || !(rng.Float64() < e.P) {
		return nil
	}
	rng.Uint64() // how many rectangles: one
	area := rng.Float64() * e.Most * float64(w*h)
	aspect := math.Exp((2*rng.Float64() - 1) * math.Log(0.3))
	piece := func(area float64, n int) (from, size int64) {
		bound := int(math.RoundToEven(math.Sqrt(area)))
		at := rng.IntN(max(n-bound, 0) + 1)
		return int64(at), int64(min(bound, n-at))
	}
	y, height := piece(area*aspect, h)
	x, width := piece(area/aspect, w)
	return func(p vision.Part) *torch.Tensor {
		if p.Kind == vision.Picture {
			s := p.Tensor.Scope().Child()
			defer s.Close()
			p.Tensor.In(s).Narrow(2, y, height).Narrow(3, x, width).NormalSeeded_(0, 1, rng.Uint64())
		}
		return p.Tensor
	}
}

// Mirror is a batch transform that moves pixels: what vision.Flip is. Masks and points move with them.
func Mirror(p float64) vision.BatchTransform {
	return vision.AffineCoord("Mirror", func(rng *rand.Rand) [9]float64 {
		rng.Float64() // what vision.Flip draws of nothing
		if rng.Float64() < p {
			return [9]float64{-1, 0, 0, 0, 1, 0, 0, 0, 1}
		}
		return [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}
	})
}
