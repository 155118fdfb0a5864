package vision

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// RandomResizedCropGPU cuts one random part out of all pictures of the batch, of
// minScale of their area or more, and resizes it to w×h; in validation it resizes the
// whole (fastai's RandomResizedCropGPU, which draws once for a batch too).
func RandomResizedCropGPU(w, h int, minScale, minRatio, maxRatio float64) BatchTransform {
	return &cropTfm{w, h, minScale, minRatio, maxRatio}
}

type cropTfm struct {
	w, h                         int
	minScale, minRatio, maxRatio float64
}

func (t *cropTfm) check() error {
	switch {
	case t.w < 1 || t.h < 1:
		return fmt.Errorf("RandomResizedCropGPU: the size %d×%d: want 1 or more pixels", t.w, t.h)
	case !(t.minScale > 0 && t.minScale <= 1):
		return fmt.Errorf("RandomResizedCropGPU: minScale %v: want a part of the area, above 0 and at most 1", t.minScale)
	case !(t.minRatio > 0 && t.minRatio <= t.maxRatio):
		return fmt.Errorf("RandomResizedCropGPU: ratios %v to %v: want two above 0, the smaller first", t.minRatio, t.maxRatio)
	}
	return nil
}

func (t *cropTfm) order() int { return 30 }

func (t *cropTfm) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	left, top, w, h := t.region(int(x.Size(3)), int(x.Size(2)), rng, split)
	return t.cut(x, left, top, w, h)
}

func (t *cropTfm) cut(x *torch.Tensor, left, top, w, h int) *torch.Tensor {
	rows := x.Narrow(2, int64(top), int64(h))
	defer rows.Close()
	part := rows.Narrow(3, int64(left), int64(w))
	defer part.Close()
	return shrinkAndResize(part, int64(t.h), int64(t.w))
}

// region draws the part, at most ten times until one lies within the picture.
func (t *cropTfm) region(w, h int, rng *rand.Rand, split Split) (left, top, cw, ch int) {
	for range 10 {
		if split == Valid {
			break
		}
		area := (t.minScale + rng.Float64()*(1-t.minScale)) * float64(w*h)
		lo, hi := math.Log(t.minRatio), math.Log(t.maxRatio)
		ratio := math.Exp(lo + rng.Float64()*(hi-lo))
		cw, ch = int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if cw <= w && ch <= h {
			return rng.IntN(w - cw + 1), rng.IntN(h - ch + 1), cw, ch
		}
	}
	cw, ch = w, h
	switch ratio := float64(w) / float64(h); {
	case ratio < t.minRatio:
		ch = int(float64(w) / t.minRatio)
	case ratio > t.maxRatio:
		cw = int(float64(h) * t.maxRatio)
	}
	return (w - cw) / 2, (h - ch) / 2, cw, ch
}
