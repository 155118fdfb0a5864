package vision

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// CropPad cuts w×h pixels out of the middle, and pads what is smaller, with black
// unless told (fastai's CropPad).
func CropPad(w, h int, pad ...PadMode) ItemTransform {
	c := cropPad{w: w, h: h, pad: Zeros, name: "CropPad"}
	for _, p := range pad {
		c.pad = p
	}
	return c
}

// RandomCrop cuts w×h pixels out, anywhere in training and in the middle in validation,
// and pads what is smaller with black (fastai's RandomCrop).
func RandomCrop(w, h int) ItemTransform {
	return cropPad{w: w, h: h, pad: Zeros, random: true, name: "RandomCrop"}
}

type cropPad struct {
	w, h   int
	pad    PadMode
	random bool
	name   string
}

func (c cropPad) size() (int, int) { return c.w, c.h }
func (c cropPad) check() error     { return checkSize(c.name, c.w, c.h) }

func (c cropPad) order() int {
	if c.random {
		return 1
	}
	return 0
}

func (c cropPad) plan(w, h int, rng *rand.Rand, split Split) []step {
	at := func(n, size int) int {
		d := n - size
		switch {
		case !c.random || split == Valid:
			return int(math.Floor(float64(d) / 2))
		case d < 0:
			return d + rng.IntN(-d) // d … -1, as fastai draws
		}
		return rng.IntN(d + 1)
	}
	return []step{{x: at(w, c.w), y: at(h, c.h), w: c.w, h: c.h, pad: c.pad}}
}

// RandomCropOption changes a default of [RandomResizedCrop].
type RandomCropOption func(*randomResizedCrop)

// ScaleRange is the part of a picture's area that is cut out, 0.08 to 1 without it.
func ScaleRange(least, most float64) RandomCropOption {
	return func(r *randomResizedCrop) { r.minScale, r.maxScale = least, most }
}

// RatioRange is the width of the cut over its height, 3/4 to 4/3 without it.
func RatioRange(least, most float64) RandomCropOption {
	return func(r *randomResizedCrop) { r.minRatio, r.maxRatio = least, most }
}

// ValXtra is the part of the size that is resized and then cut off in validation, 0.14
// without it.
func ValXtra(part float64) RandomCropOption { return func(r *randomResizedCrop) { r.valXtra = part } }

// RandomResizedCrop cuts a random part out of each picture and resizes it to
// size×size; in validation it resizes the whole, a little larger, and cuts out the
// middle (fastai's RandomResizedCrop).
func RandomResizedCrop(size int, opts ...RandomCropOption) ItemTransform {
	r := &randomResizedCrop{w: size, h: size, valXtra: 0.14,
		cropDraw: cropDraw{minScale: 0.08, maxScale: 1, minRatio: 3. / 4, maxRatio: 4. / 3}}
	for _, opt := range opts {
		opt(r)
	}
	return r
}

type randomResizedCrop struct {
	w, h    int
	valXtra float64
	cropDraw
}

func (r *randomResizedCrop) order() int       { return 1 }
func (r *randomResizedCrop) size() (int, int) { return r.w, r.h }

func (r *randomResizedCrop) check() error {
	if r.valXtra < 0 {
		return fmt.Errorf("RandomResizedCrop: ValXtra(%v): want 0 or more", r.valXtra)
	}
	return r.checkNamed("RandomResizedCrop", r.w, r.h)
}

func (r *randomResizedCrop) plan(w, h int, rng *rand.Rand, split Split) []step {
	if split == Valid {
		extra := int(math.Ceil(float64(max(r.w, r.h))*r.valXtra/8)) * 8
		return []step{
			{w: w, h: h, outW: r.w + extra, outH: r.h + extra},
			{x: extra / 2, y: extra / 2, w: r.w, h: r.h},
		}
	}
	x, y, cw, ch, ok := r.draw(w, h, rng)
	if !ok {
		x, y, cw, ch = r.middle(w, h)
	}
	return []step{{x: x, y: y, w: cw, h: ch, outW: r.w, outH: r.h}}
}

// cropDraw draws the part of a picture that a random resized crop takes.
type cropDraw struct{ minScale, maxScale, minRatio, maxRatio float64 }

func (c cropDraw) checkNamed(name string, w, h int) error {
	switch {
	case !(c.minScale > 0 && c.minScale <= c.maxScale && c.maxScale <= 1):
		return fmt.Errorf("%s: scales %v to %v: want parts of the area, above 0 and at most 1, the smaller first", name, c.minScale, c.maxScale)
	case !(c.minRatio > 0 && c.minRatio <= c.maxRatio):
		return fmt.Errorf("%s: ratios %v to %v: want two above 0, the smaller first", name, c.minRatio, c.maxRatio)
	}
	return checkSize(name, w, h)
}

// draw tries ten times for a part that lies within the picture.
func (c cropDraw) draw(w, h int, rng *rand.Rand) (x, y, cw, ch int, ok bool) {
	for range 10 {
		area := (c.minScale + rng.Float64()*(c.maxScale-c.minScale)) * float64(w*h)
		lo, hi := math.Log(c.minRatio), math.Log(c.maxRatio)
		ratio := math.Exp(lo + rng.Float64()*(hi-lo))
		cw, ch = int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if cw <= w && ch <= h {
			return rng.IntN(w - cw + 1), rng.IntN(h - ch + 1), cw, ch, true
		}
	}
	return 0, 0, 0, 0, false
}

// middle is the largest part in the middle whose ratio is allowed.
func (c cropDraw) middle(w, h int) (x, y, cw, ch int) {
	cw, ch = w, h
	switch ratio := float64(w) / float64(h); {
	case ratio < c.minRatio:
		ch = int(float64(w) / c.minRatio)
	case ratio > c.maxRatio:
		cw = int(float64(h) * c.maxRatio)
	}
	return (w - cw) / 2, (h - ch) / 2, cw, ch
}
