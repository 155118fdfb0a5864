package vision

import (
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// RandomResizedCropGPU cuts one random part out of all pictures of the batch, of
// minScale of their area or more, and resizes it to w×h; in validation it resizes the
// whole (fastai's RandomResizedCropGPU, which draws once for a batch too).
func RandomResizedCropGPU(w, h int, minScale, minRatio, maxRatio float64) BatchTransform {
	return &cropTfm{w, h, cropDraw{minScale, 1, minRatio, maxRatio}}
}

type cropTfm struct {
	w, h int
	cropDraw
}

func (t *cropTfm) order() int   { return 30 }
func (t *cropTfm) check() error { return t.checkNamed("RandomResizedCropGPU", t.w, t.h) }

func (t *cropTfm) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	left, top, w, h := t.region(int(x.Size(3)), int(x.Size(2)), rng, split)
	return t.cut(x, left, top, w, h)
}

func (t *cropTfm) region(w, h int, rng *rand.Rand, split Split) (left, top, cw, ch int) {
	if split == Train {
		if left, top, cw, ch, ok := t.draw(w, h, rng); ok {
			return left, top, cw, ch
		}
	}
	return t.middle(w, h)
}

func (t *cropTfm) cut(x *torch.Tensor, left, top, w, h int) *torch.Tensor {
	rows := x.Narrow(2, int64(top), int64(h))
	defer rows.Close()
	part := rows.Narrow(3, int64(left), int64(w))
	defer part.Close()
	return shrinkAndResize(part, int64(t.h), int64(t.w))
}
