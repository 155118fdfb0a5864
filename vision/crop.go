package vision

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// cropConfig is what a random resized crop draws, and how.
type cropConfig struct {
	minScale, maxScale, minRatio, maxRatio float64
	valXtra, validScale                    float64
	mode                                   torch.Interpolation
	perPicture                             bool
	bad                                    error // an option that is nil
}

func newCropConfig(name string, opts []CropOption) cropConfig {
	c := cropConfig{minScale: 0.08, maxScale: 1, minRatio: 3. / 4, maxRatio: 4. / 3, valXtra: 0.14, validScale: 1, mode: torch.Bilinear}
	c.bad = guard.Options(name, opts, func(o CropOption) { o.crop(&c) })
	return c
}

// MinScale sets the least part of a picture's area that a random crop takes: 0.08 for
// [RandomResizedCrop], for [AugTransforms] 1, which isn't a crop.
func MinScale(s float64) CropOption { return cropOption(func(c *cropConfig) { c.minScale = s }) }

// MaxScale sets the greatest part of a picture's area that a random crop takes (default 1).
func MaxScale(s float64) CropOption { return cropOption(func(c *cropConfig) { c.maxScale = s }) }

// Ratio sets the range of a crop's width over its height (default 3/4 to 4/3).
func Ratio(least, most float64) CropOption {
	return cropOption(func(c *cropConfig) { c.minRatio, c.maxRatio = least, most })
}

// ValXtra sets the part of the size that [RandomResizedCrop] resizes and then cuts off in
// validation (default 0.14).
func ValXtra(part float64) CropOption { return cropOption(func(c *cropConfig) { c.valXtra = part }) }

// ValidScale sets the part of each side that [RandomResizedCropGPU] takes in validation
// (default 1).
func ValidScale(part float64) CropOption {
	return cropOption(func(c *cropConfig) { c.validScale = part })
}

// CropPerPicture lets the random crop of a batch draw for each picture by itself, where
// fastai's draws once for all of them. It needs [SamplingOnce].
func CropPerPicture() CropOption { return cropOption(func(c *cropConfig) { c.perPicture = true }) }

func (c cropConfig) check(name string, w, h int) error {
	switch {
	case c.bad != nil:
		return c.bad
	case !(c.minScale > 0 && c.minScale <= c.maxScale && c.maxScale <= 1):
		return fmt.Errorf("%s: scales %v to %v: want parts of the area, above 0 and at most 1, the smaller first", name, c.minScale, c.maxScale)
	case !(c.minRatio > 0 && c.minRatio <= c.maxRatio):
		return fmt.Errorf("%s: ratios %v to %v: want two above 0, the smaller first", name, c.minRatio, c.maxRatio)
	case !(c.validScale > 0 && c.validScale <= 1):
		return fmt.Errorf("%s: ValidScale(%v): want a part above 0 and at most 1", name, c.validScale)
	case !(c.valXtra >= 0):
		return fmt.Errorf("%s: ValXtra(%v): want 0 or more", name, c.valXtra)
	}
	return errors.Join(checkSize(name, w, h), checkMode(c.mode))
}

// region is a part of a picture.
type region struct{ x, y, w, h int }

// draw tries ten times for a part that lies within the picture, and takes the middle
// where none does.
func (c cropConfig) draw(w, h int, rng *rand.Rand) region {
	for range 10 {
		area := (c.minScale + rng.Float64()*(c.maxScale-c.minScale)) * float64(w*h)
		lo, hi := math.Log(c.minRatio), math.Log(c.maxRatio)
		ratio := math.Exp(lo + rng.Float64()*(hi-lo))
		cw, ch := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if cw >= 1 && ch >= 1 && cw <= w && ch <= h {
			return region{rng.IntN(w - cw + 1), rng.IntN(h - ch + 1), cw, ch}
		}
	}
	return c.middle(w, h, 1)
}

// middle is the largest part in the middle whose ratio is allowed, times scale.
func (c cropConfig) middle(w, h int, scale float64) region {
	cw, ch := w, h
	switch ratio := float64(w) / float64(h); {
	case ratio < c.minRatio:
		ch = int(float64(w) / c.minRatio)
	case ratio > c.maxRatio:
		cw = int(float64(h) * c.maxRatio)
	}
	cw, ch = max(int(float64(cw)*scale), 1), max(int(float64(ch)*scale), 1)
	return region{(w - cw) / 2, (h - ch) / 2, cw, ch}
}

// RandomResizedCropGPU cuts one random part out of all pictures of the batch and resizes
// it to w×h; in validation it takes the largest part in the middle whose ratio is allowed,
// or [ValidScale] of it (fastai's RandomResizedCropGPU, which draws once for a batch too).
func RandomResizedCropGPU(w, h int, opts ...CropOption) BatchTransform {
	return &cropTfm{w, h, newCropConfig("RandomResizedCropGPU", opts)}
}

type cropTfm struct {
	w, h int
	cropConfig
}

func (t *cropTfm) Order() int                  { return 30 }
func (t *cropTfm) Check() error                { return t.cropConfig.check("RandomResizedCropGPU", t.w, t.h) }
func (t *cropTfm) outSize(int, int) (int, int) { return t.w, t.h }
func (t *cropTfm) sampler() tfmConfig {
	return newTfmConfig("RandomResizedCropGPU", []TfmOption{Mode(t.mode)})
}

// Draw draws the region.
func (t *cropTfm) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(t, n, w, h, rng, split)
}

func (t *cropTfm) drawInto(all *numbers, n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	r := t.region(w, h, rng, split)
	maps := slices.Repeat([]mat3{cropMap(r, w, h, t.sampler().alignCorners)}, n)
	return moved(all, maps, func(x *torch.Tensor, nearest bool) *torch.Tensor { return t.cut(x, r, w, h, t.sampler().of(nearest)) })
}

func (t *cropTfm) region(w, h int, rng *rand.Rand, split Split) region {
	if split == Valid {
		return t.middle(w, h, t.validScale)
	}
	return t.draw(w, h, rng)
}

// cut cuts the region of w×h pixels out of x, which may have others.
func (t *cropTfm) cut(x *torch.Tensor, r region, w, h int, how tfmConfig) *torch.Tensor {
	if _, xW, xH := batchSize(x); xW != w || xH != h {
		r = region{r.x * xW / w, r.y * xH / h, max(r.w*xW/w, 1), max(r.h*xH/h, 1)}
	}
	rows := x.Narrow(2, int64(r.y), int64(r.h))
	defer rows.Close()
	part := rows.Narrow(3, int64(r.x), int64(r.w))
	defer part.Close()
	return how.resample(part, t.w, t.h)
}

func (t *cropTfm) maps(rng *rand.Rand, n, w, h int, split Split, alignCorners bool) (maps []mat3, step float64) {
	maps = draws(rng, n, !t.perPicture || split == Valid, func(rng *rand.Rand) mat3 {
		r := t.region(w, h, rng, split)
		step = max(step, float64(r.w)/float64(t.w), float64(r.h)/float64(t.h))
		return cropMap(r, w, h, alignCorners)
	})
	return maps, step
}

func perPicture(t geometric) bool {
	c, ok := t.(*cropTfm)
	return ok && c.perPicture
}
