package vision

import (
	"errors"
	"math"
	"math/rand/v2"
)

// CropPad cuts w×h pixels out of the middle, and pads what is smaller, with black
// unless told (fastai's CropPad).
func CropPad(w, h int, pad ...PadOption) ItemTransform {
	c := cropPad{w: w, h: h, pad: Zeros, name: "CropPad"}
	for _, p := range pad {
		c.pad = PadMode(p)
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

func (c cropPad) Size(int, int) (int, int) { return c.w, c.h }
func (c cropPad) Check() error             { return errors.Join(checkSize(c.name, c.w, c.h), c.pad.check()) }

func (c cropPad) Order() int {
	if c.random {
		return 1
	}
	return 0
}

func (c cropPad) Plan(w, h int, rng *rand.Rand, split Split) []Step {
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
	return []Step{{X: at(w, c.w), Y: at(h, c.h), W: c.w, H: c.h, Pad: c.pad}}
}

// RandomResizedCrop cuts a random part out of each picture and resizes it to w×h; in
// validation it resizes the whole, a little larger, and cuts out the middle (fastai's
// RandomResizedCrop).
func RandomResizedCrop(w, h int, opts ...CropOption) ItemTransform {
	return &randomResizedCrop{w, h, newCropConfig("RandomResizedCrop", opts)}
}

type randomResizedCrop struct {
	w, h int
	cropConfig
}

func (r *randomResizedCrop) Order() int               { return 1 }
func (r *randomResizedCrop) Size(int, int) (int, int) { return r.w, r.h }
func (r *randomResizedCrop) Check() error {
	return r.cropConfig.check("RandomResizedCrop", r.w, r.h)
}

func (r *randomResizedCrop) Plan(w, h int, rng *rand.Rand, split Split) []Step {
	if split == Valid {
		extra := int(math.Ceil(float64(max(r.w, r.h))*r.valXtra/8)) * 8
		return []Step{
			{W: w, H: h, OutW: r.w + extra, OutH: r.h + extra},
			{X: extra / 2, Y: extra / 2, W: r.w, H: r.h},
		}
	}
	part := r.draw(w, h, rng)
	return []Step{{X: part.x, Y: part.y, W: part.w, H: part.h, OutW: r.w, OutH: r.h}}
}
