package vision

import (
	"math"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// lightingTfm changes light in the space of logits, where no value can leave 0 … 1:
// each draw is a line, logit → scale·logit + shift, and they are put together into one
// (fastai's LightingTfm).
type lightingTfm struct {
	draws []func(rng *rand.Rand, n int) []line
}

type line struct{ scale, shift float64 }

func (t *lightingTfm) order() int { return 40 }

func (t *lightingTfm) apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	if split == Valid {
		return x
	}
	n := int(x.Size(0))
	scales, shifts := make([]float32, n), make([]float32, n)
	all := make([]line, n)
	for i := range all {
		all[i] = line{1, 0}
	}
	for _, draw := range t.draws {
		for i, l := range draw(rng, n) {
			all[i] = line{all[i].scale * l.scale, all[i].shift*l.scale + l.shift}
		}
	}
	for i, l := range all {
		scales[i], shifts[i] = float32(l.scale), float32(l.shift)
	}
	s := x.Scope().Child()
	defer s.Close()
	scale := torch.FromSlice(s, scales, int64(n), 1, 1, 1).To(x.Device())
	shift := torch.FromSlice(s, shifts, int64(n), 1, 1, 1).To(x.Device())
	return x.Logit(1e-7).Mul_(scale).Add_(shift).Sigmoid_()
}

// Brightness changes each picture's brightness with probability p by up to
// maxLighting (fastai's Brightness).
func Brightness(maxLighting, p float64) BatchTransform {
	return &lightingTfm{[]func(*rand.Rand, int) []line{func(rng *rand.Rand, n int) []line {
		ls := make([]line, n)
		for i, v := range draw(rng, n, p, 0.5*(1-maxLighting), 0.5*(1+maxLighting), 0.5) {
			ls[i] = line{1, math.Log(v / (1 - v))}
		}
		return ls
	}}}
}

// Contrast changes each picture's contrast with probability p by up to maxLighting
// (fastai's Contrast).
func Contrast(maxLighting, p float64) BatchTransform {
	return &lightingTfm{[]func(*rand.Rand, int) []line{func(rng *rand.Rand, n int) []line {
		ls := make([]line, n)
		for i, v := range draw(rng, n, p, math.Log(1-maxLighting), -math.Log(1-maxLighting), 0) {
			ls[i] = line{math.Exp(v), 0}
		}
		return ls
	}}}
}
