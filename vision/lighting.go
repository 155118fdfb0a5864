package vision

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// lightingTfm changes light in the space of logits, where no value can leave 0 … 1:
// each draw is a line, logit → scale·logit + shift, and they are put together into one
// (fastai's LightingTfm).
type lightingTfm struct {
	draws []func(rng *rand.Rand) line
	bad   error // what is wrong with an argument
}

// newLighting is a transform that changes light by up to maxLighting, below 1.
func newLighting(name string, maxLighting float64, draw func(rng *rand.Rand) line) *lightingTfm {
	t := &lightingTfm{draws: []func(*rand.Rand) line{draw}}
	if !(maxLighting >= 0 && maxLighting < 1) {
		t.bad = fmt.Errorf("%s: maxLighting %v: want 0 or more, below 1", name, maxLighting)
	}
	return t
}

func (t *lightingTfm) check() error { return t.bad }

type line struct{ scale, shift float64 }

func (t *lightingTfm) order() int { return 40 }

func (t *lightingTfm) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	if split == Valid {
		return x
	}
	n := x.Size(0)
	scales, shifts := make([]float32, n), make([]float32, n)
	for i := range n {
		all := line{1, 0}
		for _, draw := range t.draws {
			l := draw(rng)
			all = line{all.scale * l.scale, all.shift*l.scale + l.shift}
		}
		scales[i], shifts[i] = float32(all.scale), float32(all.shift)
	}
	s := x.Scope().Child()
	defer s.Close()
	scale := torch.FromSlice(s, scales, n, 1, 1, 1).To(x.Device())
	shift := torch.FromSlice(s, shifts, n, 1, 1, 1).To(x.Device())
	return x.Logit(1e-7).Mul_(scale).Add_(shift).Sigmoid_()
}

// Brightness changes each picture's brightness with probability p by up to
// maxLighting (fastai's Brightness).
func Brightness(maxLighting, p float64) BatchTransform {
	return newLighting("Brightness", maxLighting, func(rng *rand.Rand) line {
		return brightnessLine(draw(rng, p, 0.5*(1-maxLighting), 0.5*(1+maxLighting), 0.5))
	})
}

// Contrast changes each picture's contrast with probability p by up to maxLighting
// (fastai's Contrast).
func Contrast(maxLighting, p float64) BatchTransform {
	return newLighting("Contrast", maxLighting, func(rng *rand.Rand) line {
		return contrastLine(math.Exp(draw(rng, p, math.Log(1-maxLighting), -math.Log(1-maxLighting), 0)))
	})
}

// brightnessLine takes a middle grey to that value.
func brightnessLine(to float64) line { return line{1, math.Log(to / (1 - to))} }

func contrastLine(factor float64) line { return line{factor, 0} }
