package vision

import (
	"errors"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// augConfig is what the options of [AugTransforms] set.
type augConfig struct {
	flip, vert                            bool
	maxRotate, minZoom, maxZoom           float64
	maxLighting, maxWarp, pAffine, pLight float64
	mult                                  float64
	extra                                 []BatchTransform
	crop                                  cropConfig
	tfmConfig
}

// Mult multiplies rotation, lighting and warp (default 1); warp must stay below 0.5 and
// lighting below 1. It and the options below
// are those of fastai's aug_transforms.
func Mult(m float64) AugOption { return augOption(func(c *augConfig) { c.mult = m }) }

// NoFlip leaves pictures unmirrored (fastai's do_flip=False).
func NoFlip() AugOption { return augOption(func(c *augConfig) { c.flip = false }) }

// FlipVert lays pictures in all eight ways and not in two.
func FlipVert() AugOption { return augOption(func(c *augConfig) { c.vert = true }) }

// MaxRotate sets the greatest rotation in degrees (default 10).
func MaxRotate(deg float64) AugOption { return augOption(func(c *augConfig) { c.maxRotate = deg }) }

// MinZoom sets the least zoom (default 1).
func MinZoom(z float64) AugOption { return augOption(func(c *augConfig) { c.minZoom = z }) }

// MaxZoom sets the greatest zoom (default 1.1).
func MaxZoom(z float64) AugOption { return augOption(func(c *augConfig) { c.maxZoom = z }) }

// MaxLighting sets the greatest change of brightness and contrast (default 0.2).
func MaxLighting(l float64) AugOption { return augOption(func(c *augConfig) { c.maxLighting = l }) }

// MaxWarp sets the greatest magnitude of a warp (default 0.2).
func MaxWarp(w float64) AugOption { return augOption(func(c *augConfig) { c.maxWarp = w }) }

// PAffine sets the probability of a rotation, a zoom and a warp each (default 0.75).
func PAffine(p float64) AugOption { return augOption(func(c *augConfig) { c.pAffine = p }) }

// PLighting sets the probability of a change of brightness and contrast each (default 0.75).
func PLighting(p float64) AugOption { return augOption(func(c *augConfig) { c.pLight = p }) }

// Xtra adds custom transforms choice.
func Xtra(ts ...BatchTransform) AugOption {
	return augOption(func(c *augConfig) {
		c.bad = errors.Join(c.bad, guard.All("Xtra", "transform", ts, func(t BatchTransform) { c.extra = append(c.extra, t) }))
	})
}

// noCrop is a crop that AugTransforms does not make.
func noCrop() cropConfig {
	return newCropConfig("AugTransforms", []CropOption{MinScale(1), Ratio(1, 1)})
}

// AugTransforms are fastai's usual augmentations: flip, warp, rotation, zoom, light
// and, with [MinScale], a random crop drawn once for the batch (fastai's aug_transforms).
// [Size], [Mode], [Padding], [NoAlignCorners] and [WholeBatch] go to each of them but the
// crop, which is resized bilinearly as fastai's is.
func AugTransforms(opts ...AugOption) BatchTransforms {
	c := augConfig{flip: true, maxRotate: 10, minZoom: 1, maxZoom: 1.1, maxLighting: 0.2, maxWarp: 0.2,
		pAffine: 0.75, pLight: 0.75, mult: 1, crop: noCrop(), tfmConfig: newTfmConfig("AugTransforms", nil)}
	bad := guard.Options("AugTransforms", opts, func(o AugOption) { o.aug(&c) })
	how := c.tfmConfig
	if c.crop.minScale != 1 {
		how.w, how.h = 0, 0 // which is the crop's
	}
	all := tfmOption(func(t *tfmConfig) { *t = how })
	var tfms []BatchTransform
	switch {
	case c.flip && c.vert:
		tfms = append(tfms, Dihedral(0.5, all))
	case c.flip:
		tfms = append(tfms, Flip(0.5, all))
	}
	if v := c.maxWarp * c.mult; v != 0 {
		tfms = append(tfms, Warp(v, c.pAffine, all))
	}
	if v := c.maxRotate * c.mult; v != 0 {
		tfms = append(tfms, Rotate(v, c.pAffine, all))
	}
	if c.minZoom < 1 || c.maxZoom > 1 {
		tfms = append(tfms, Zoom(c.minZoom, c.maxZoom, c.pAffine, all))
	}
	if v := c.maxLighting * c.mult; v != 0 {
		tfms = append(tfms, Brightness(v, c.pLight, all), Contrast(v, c.pLight, all))
	}
	if c.crop.minScale != 1 {
		tfms = append(tfms, &cropTfm{c.w, c.h, c.crop})
	}
	b := Compose(append(tfms, c.extra...)...)
	b.bad = errors.Join(b.bad, bad, c.bad)
	if c.crop.minScale == 1 && c.crop != noCrop() {
		b.bad = errors.New("AugTransforms: options of a random crop without MinScale, which makes one")
	}
	return b
}

// Compose puts transforms together: those that move pixels become one that samples once,
// to the first one's [Size], and those of light become one (fastai's setup_aug_tfms).
func Compose(tfms ...BatchTransform) BatchTransforms {
	var affine *affineTfm
	var light *lightingTfm
	var others []BatchTransform
	for _, t := range tfms {
		switch t := t.(type) {
		case *affineTfm:
			if affine == nil {
				affine = t
			} else {
				affine = affine.join(t)
			}
		case *lightingTfm:
			if light == nil {
				light = t
			} else {
				light = light.join(t)
			}
		default:
			others = append(others, t)
		}
	}
	var all []BatchTransform
	if affine != nil {
		all = append(all, affine)
	}
	if light != nil {
		all = append(all, light)
	}
	return Batch(append(all, others...)...)
}
