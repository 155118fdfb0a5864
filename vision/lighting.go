package vision

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// light is a change of a picture's logits: x becomes scale·x + gray·luma(x) + shift,
// luma being the grey of all channels. Such changes put together are one of them.
type light struct{ scale, gray, shift float64 }

var (
	noLight = light{scale: 1}
	luma    = [3]float64{0.2989, 0.5870, 0.1140} // ITU-R 601-2
)

// then is l followed by m.
func (l light) then(m light) light {
	sum := luma[0] + luma[1] + luma[2]
	return light{
		scale: m.scale * l.scale,
		gray:  m.scale*l.gray + m.gray*(l.scale+sum*l.gray),
		shift: m.scale*l.shift + m.gray*sum*l.shift + m.shift,
	}
}

// lightingTfm changes light in the space of logits, where no value can leave 0 … 1, in
// one pass for all changes (fastai's LightingTfm).
type lightingTfm struct {
	name  string
	args  string // what is drawn, for [BatchTransforms.Identity]
	draws []func(rng *rand.Rand, n int) []light
	bad   error // what is wrong with an argument
}

// newLighting is a transform that changes light by up to maxLighting, below 1.
func newLighting(name string, maxLighting, p float64, opts []TfmOption, one func(rng *rand.Rand) light) BatchTransform {
	t := &lightingTfm{name: name, bad: checkP(name, p)}
	if !(maxLighting >= 0 && maxLighting < 1) {
		t.bad = fmt.Errorf("%s: maxLighting %v: want 0 or more, below 1", name, maxLighting)
	}
	how := newTfmConfig(name, opts)
	t.bad = errors.Join(how.bad, t.bad)
	together := how.batch
	t.args = random(name, p, together, maxLighting)
	t.draws = append(t.draws, func(rng *rand.Rand, n int) []light { return draws(rng, n, together, one) })
	return t
}

func (t *lightingTfm) Check() error { return t.bad }
func (t *lightingTfm) Order() int   { return 40 }

func (t *lightingTfm) join(u *lightingTfm) *lightingTfm {
	return &lightingTfm{t.name + ", " + u.name, t.args + ", " + u.args, slices.Concat(t.draws, u.draws), errors.Join(t.bad, u.bad)}
}

// Draw draws the changes.
func (t *lightingTfm) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(t, n, w, h, rng, split)
}

func (t *lightingTfm) drawInto(all *numbers, n, _, _ int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid {
		return nil
	}
	lights := slices.Repeat([]light{noLight}, n)
	for _, draw := range t.draws {
		for i, l := range draw(rng, n) {
			lights[i] = lights[i].then(l)
		}
	}
	return ofPictures(lightsOf(all, lights))
}

// lightsOf returns what changes each picture's light.
func lightsOf(all *numbers, lights []light) func(x *torch.Tensor) *torch.Tensor {
	scale := column(all, lights, func(l light) float64 { return l.scale })
	shift := column(all, lights, func(l light) float64 { return l.shift })
	grays := column(all, lights, func(l light) float64 { return l.gray })
	colours := all.add(luma[:]...)
	hasGray := slices.ContainsFunc(lights, func(l light) bool { return l.gray != 0 })
	return func(x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		each := func(of span) *torch.Tensor { return all.view(s, x, of, int64(len(lights)), 1, 1, 1) }
		y := x.Logit(1e-7)
		var gray *torch.Tensor
		if hasGray {
			gray = y.Mul(all.view(s, x, colours, 1, 3, 1, 1)).KeepDim().Sum(1).Mul_(each(grays))
		}
		y.Mul_(each(scale)).Add_(each(shift))
		if gray != nil {
			y.Add_(gray)
		}
		return y.Sigmoid_()
	}
}

// Brightness changes each picture's brightness with probability p by up to
// maxLighting (fastai's Brightness).
func Brightness(maxLighting, p float64, opts ...TfmOption) BatchTransform {
	return newLighting("Brightness", maxLighting, p, opts, func(rng *rand.Rand) light {
		return brightness(draw(rng, p, 0.5*(1-maxLighting), 0.5*(1+maxLighting), 0.5))
	})
}

// Contrast changes each picture's contrast with probability p by up to maxLighting
// (fastai's Contrast).
func Contrast(maxLighting, p float64, opts ...TfmOption) BatchTransform {
	return newLighting("Contrast", maxLighting, p, opts, func(rng *rand.Rand) light {
		return contrast(factor(rng, maxLighting, p, 1))
	})
}

// Saturation changes each picture's saturation with probability p by up to maxLighting
// (fastai's Saturation).
func Saturation(maxLighting, p float64, opts ...TfmOption) BatchTransform {
	return newLighting("Saturation", maxLighting, p, opts, func(rng *rand.Rand) light {
		return saturation(factor(rng, maxLighting, p, 1))
	})
}

// factor is between 1-most and its inverse, uniform in its logarithm.
func factor(rng *rand.Rand, most, p, neutral float64) float64 {
	v := math.Exp(draw(rng, 1, math.Log(1-most), -math.Log(1-most), 0))
	return draw(rng, p, v, v, neutral)
}

// brightness takes a middle grey to that value.
func brightness(to float64) light { return light{scale: 1, shift: math.Log(to / (1 - to))} }

func contrast(factor float64) light { return light{scale: factor} }

func saturation(factor float64) light { return light{scale: factor, gray: 1 - factor} }
