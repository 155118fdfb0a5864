package vision

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// drawMaps draws the maps of n pictures.
type drawMaps func(rng *rand.Rand, n int) []mat3

// affineTfm moves pixels: affine maps one after the other, then perspective ones
// (fastai's AffineCoordTfm). Pictures are sampled once.
type affineTfm struct {
	name                string
	args                string // what is drawn, for [BatchTransforms.Identity]
	affine, perspective []drawMaps
	tfmConfig
	bad error // what is wrong with an argument
}

func (t *affineTfm) Order() int { return 30 }

func (t *affineTfm) Check() error {
	if t.tfmConfig.bad != nil {
		return t.tfmConfig.bad
	}
	if err := t.tfmConfig.check(); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return t.bad
}

// join is both transforms in one; the sampling and the size are those of the first.
func (t *affineTfm) join(u *affineTfm) *affineTfm {
	out := *t
	out.name += ", " + u.name
	out.args += ", " + u.args
	out.affine = slices.Concat(t.affine, u.affine)
	out.perspective = slices.Concat(t.perspective, u.perspective)
	out.bad = errors.Join(t.Check(), u.Check())
	return &out
}

func (t *affineTfm) sampler() tfmConfig { return t.tfmConfig }

func (t *affineTfm) outSize(w, h int) (int, int) { return cmp.Or(t.w, w), cmp.Or(t.h, h) }

// Draw draws the maps.
func (t *affineTfm) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(t, n, w, h, rng, split)
}

func (t *affineTfm) drawInto(all *numbers, n, inW, inH int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid {
		return moved(all, nil, func(x *torch.Tensor, nearest bool) *torch.Tensor {
			how, w, h := t.tfmConfig.of(nearest), 0, 0
			_, xW, xH := batchSize(x)
			if w, h = t.outSize(xW, xH); w == xW && h == xH && (steps(x, w) <= 1 || how.mode != torch.Bilinear) {
				return x // else fastai shrinks what is twice as high as wide, and enlarges it again
			}
			return how.resample(x, w, h)
		})
	}
	maps, _ := t.maps(rng, n, inW, inH, split, t.alignCorners)
	outW, outH := t.outSize(inW, inH)
	g := all.grid(maps, outW, outH, t.alignCorners)
	return moved(all, maps, func(x *torch.Tensor, nearest bool) *torch.Tensor {
		_, w, h := batchSize(x)
		w, h = t.outSize(w, h)
		return t.tfmConfig.of(nearest).sample(x, g, w, h)
	})
}

// maps draws each picture's map from output to input. A step of the output is so many
// of the input's rows, if nothing is zoomed.
func (t *affineTfm) maps(rng *rand.Rand, n, inW, inH int, split Split, _ bool) (ms []mat3, step float64) {
	ms = unmoved(n)
	w, h := t.outSize(inW, inH)
	step = max(float64(inW)/float64(w), float64(inH)/float64(h))
	if split == Valid {
		return ms, step
	}
	for _, draw := range t.affine {
		for i, m := range draw(rng, n) {
			ms[i] = ms[i].mul(m)
		}
	}
	aspect := float64(inH) / float64(inW)
	for i := range ms {
		ms[i][1] *= aspect // a rotation must look like one in a picture that isn't square
		ms[i][3] /= aspect
	}
	for _, draw := range t.perspective {
		for i, m := range draw(rng, n) {
			ms[i] = m.mul(ms[i])
		}
	}
	return ms, step
}

// AffineCoord makes a custom transform that moves pixels: one draws, in training, each picture's map from its output to its input, row by
// row, of places from −1 to 1 from edge to edge. Put together with ours it is sampled with them; masks and points move alike (fastai's
// AffineCoordTfm). name is what errors, summaries and checkpoints call it.
func AffineCoord(name string, one func(rng *rand.Rand) [9]float64, opts ...TfmOption) BatchTransform {
	t := newAffine(name, 1, opts, nil)
	if name == "" || one == nil {
		t.bad = fmt.Errorf("AffineCoord(%q, …): want a name and a function", name)
	}
	t.args = call("AffineCoord", strconv.Quote(name))
	t.affine[0] = func(rng *rand.Rand, n int) (maps []mat3) {
		return draws(rng, n, t.batch, func(rng *rand.Rand) mat3 {
			return guard.Value("AffineCoord "+name, one, func() mat3 { return one(rng) })
		})
	}
	return t
}

// newAffine makes a transform of a function that draws one picture's map with probability p, by args.
func newAffine(name string, p float64, opts []TfmOption, one func(rng *rand.Rand) mat3, args ...float64) *affineTfm {
	t := &affineTfm{name: name, tfmConfig: newTfmConfig(name, opts), bad: checkP(name, p)}
	t.args = random(name, p, t.batch, args...)
	t.affine = []drawMaps{func(rng *rand.Rand, n int) []mat3 { return draws(rng, n, t.batch, one) }}
	return t
}

// Flip mirrors each picture with probability p (fastai's Flip).
func Flip(p float64, opts ...TfmOption) BatchTransform {
	return newAffine("Flip", p, opts, func(rng *rand.Rand) mat3 { return flipMap(draw(rng, p, 1, 1, 0)) })
}

// Dihedral lays each picture in one of the eight ways with probability p (fastai's
// Dihedral).
func Dihedral(p float64, opts ...TfmOption) BatchTransform {
	return newAffine("Dihedral", p, opts, func(rng *rand.Rand) mat3 {
		if k := rng.IntN(8); rng.Float64() < p {
			return dihedralMap(k)
		}
		return identity
	})
}

// Rotate turns each picture with probability p by up to maxDeg degrees (fastai's Rotate).
func Rotate(maxDeg, p float64, opts ...TfmOption) BatchTransform {
	t := newAffine("Rotate", p, opts, func(rng *rand.Rand) mat3 {
		return rotateMap(draw(rng, p, -maxDeg, maxDeg, 0))
	}, maxDeg)
	if !finite(maxDeg) {
		t.bad = fmt.Errorf("Rotate: %v degrees: want a number", maxDeg)
	}
	return t
}

// Zoom enlarges each picture with probability p by minZoom … maxZoom, about a random
// place (fastai's Zoom).
func Zoom(minZoom, maxZoom, p float64, opts ...TfmOption) BatchTransform {
	t := newAffine("Zoom", p, opts, func(rng *rand.Rand) mat3 {
		return zoomMap(draw(rng, p, minZoom, maxZoom, 1), rng.Float64(), rng.Float64())
	}, minZoom, maxZoom)
	if !(minZoom > 0 && maxZoom >= minZoom) || !finite(maxZoom) {
		t.bad = fmt.Errorf("Zoom: %v to %v: want two above 0, the smaller first", minZoom, maxZoom)
	}
	return t
}

// Warp tilts each picture with probability p by up to magnitude, below 0.5 (fastai's Warp).
func Warp(magnitude, p float64, opts ...TfmOption) BatchTransform {
	t := newAffine("Warp", p, opts, func(rng *rand.Rand) mat3 {
		return warpMap(draw(rng, p, -magnitude, magnitude, 0), draw(rng, p, -magnitude, magnitude, 0))
	}, magnitude)
	if !(magnitude >= 0 && magnitude < 0.5) { // beyond it corners fall onto each other
		t.bad = fmt.Errorf("Warp: magnitude %v: want 0 or more, below 0.5", magnitude)
	}
	t.affine, t.perspective = nil, t.affine
	return t
}
