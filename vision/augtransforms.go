package vision

// AugOption changes a default of [AugTransforms].
type AugOption func(*augConfig)

type augConfig struct {
	flip                                  bool
	maxRotate, minZoom, maxZoom           float64
	maxLighting, maxWarp, pAffine, pLight float64
	w, h                                  int
	minScale, mult                        float64
	extra                                 []BatchTransform
}

// The options of fastai's aug_transforms, with its defaults.
func Mult(m float64) AugOption        { return func(c *augConfig) { c.mult = m } }            // 1: times rotation, lighting and warp
func DoFlip(on bool) AugOption        { return func(c *augConfig) { c.flip = on } }           // true
func MaxRotate(deg float64) AugOption { return func(c *augConfig) { c.maxRotate = deg } }     // 10 degrees
func MinZoom(z float64) AugOption     { return func(c *augConfig) { c.minZoom = z } }         // 1
func MaxZoom(z float64) AugOption     { return func(c *augConfig) { c.maxZoom = z } }         // 1.1
func MaxLighting(l float64) AugOption { return func(c *augConfig) { c.maxLighting = l } }     // 0.2
func MaxWarp(w float64) AugOption     { return func(c *augConfig) { c.maxWarp = w } }         // 0.2
func PAffine(p float64) AugOption     { return func(c *augConfig) { c.pAffine = p } }         // 0.75
func PLighting(p float64) AugOption   { return func(c *augConfig) { c.pLight = p } }          // 0.75
func Size(size int) AugOption         { return func(c *augConfig) { c.w, c.h = size, size } } // as it comes
func MinScale(s float64) AugOption    { return func(c *augConfig) { c.minScale = s } }        // 1: no random crop
func Xtra(ts ...BatchTransform) AugOption {
	return func(c *augConfig) { c.extra = append(c.extra, ts...) }
}

// AugTransforms are fastai's usual augmentations: flip, warp, rotation, zoom, light
// and, with [MinScale], a random crop drawn once for the batch (fastai's aug_transforms).
func AugTransforms(opts ...AugOption) []BatchTransform {
	c := augConfig{flip: true, maxRotate: 10, minZoom: 1, maxZoom: 1.1, maxLighting: 0.2, maxWarp: 0.2,
		pAffine: 0.75, pLight: 0.75, minScale: 1, mult: 1}
	for _, opt := range opts {
		opt(&c)
	}
	var tfms []BatchTransform
	if c.flip {
		tfms = append(tfms, Flip(0.5))
	}
	if v := c.maxWarp * c.mult; v != 0 {
		tfms = append(tfms, Warp(v, c.pAffine))
	}
	if v := c.maxRotate * c.mult; v != 0 {
		tfms = append(tfms, Rotate(v, c.pAffine))
	}
	if c.minZoom < 1 || c.maxZoom > 1 {
		tfms = append(tfms, Zoom(c.minZoom, c.maxZoom, c.pAffine))
	}
	if v := c.maxLighting * c.mult; v != 0 {
		tfms = append(tfms, Brightness(v, c.pLight), Contrast(v, c.pLight))
	}
	if c.minScale != 1 {
		tfms = append(tfms, RandomResizedCropGPU(c.w, c.h, c.minScale, 1, 1))
	} else {
		for _, t := range tfms {
			if a, ok := t.(*affineTfm); ok {
				a.w, a.h = c.w, c.h
			}
		}
	}
	return append(tfms, c.extra...)
}
