package vision

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Hue turns each picture's hues with probability p by up to maxHue of the whole circle
// (fastai's Hue). Pictures must be RGB.
func Hue(maxHue, p float64, opts ...TfmOption) BatchTransform {
	how := newTfmConfig("Hue", opts)
	t := &hueTfm{together: how.batch, bad: errors.Join(how.bad, checkP("Hue", p))}
	if !(maxHue >= 0 && maxHue < 1) {
		t.bad = fmt.Errorf("Hue: maxHue %v: want 0 or more, below 1", maxHue)
	}
	t.args = random("Hue", p, t.together, maxHue)
	t.draw = func(rng *rand.Rand) float64 { return factor(rng, maxHue, p, 0) }
	return t
}

type hueTfm struct {
	draw     func(rng *rand.Rand) float64
	together bool
	args     string // what is drawn, for [BatchTransforms.Identity]
	bad      error
}

func (t *hueTfm) Check() error { return t.bad }
func (t *hueTfm) Order() int   { return 40 }

// Draw draws the turns.
func (t *hueTfm) Draw(n, w, h int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	return drawAlone(t, n, w, h, rng, split)
}

func (t *hueTfm) drawInto(all *numbers, n, _, _ int, rng *rand.Rand, split Split) func(Part) *torch.Tensor {
	if split == Valid {
		return nil
	}
	turns := all.add(draws(rng, n, t.together, t.draw)...)
	return ofPictures(func(x *torch.Tensor) *torch.Tensor {
		s := x.Scope().Child()
		defer s.Close()
		return turnHue(x.In(s), all.view(s, x, turns, int64(n), 1, 1)).MoveTo(x.Scope())
	})
}

// turnHue adds to the hues of x, N×3×H×W from 0 to 1: a whole turn is 1.
func turnHue(x, turn *torch.Tensor) *torch.Tensor {
	r, g, b := x.Select(1, 0), x.Select(1, 1), x.Select(1, 2)
	value, least := r.Maximum(g).Maximum(b), r.Minimum(g).Minimum(b)
	chroma := value.Sub(least)
	one := x.Scope().With(torch.Float32, x.Device()).Ones()
	gray := value.Eq(least)
	saturation := chroma.Div(one.Where(gray, value))
	by := one.Where(gray, chroma)
	rc, gc, bc := value.Sub(r).Div_(by), value.Sub(g).Div_(by), value.Sub(b).Div_(by)
	hue := bc.Sub(gc).Where(value.Eq(r), rc.Sub(bc).AddScalar_(2).Where(value.Eq(g), gc.Sub(rc).AddScalar_(4)))
	sixths := hue.DivScalar(6).Add_(turn).RemainderScalar(1).MulScalar_(6)

	// Channel by channel: value, less the saturated part of a trapezium around the circle.
	part := value.Mul(saturation)
	channel := func(at float64) *torch.Tensor {
		k := sixths.AddScalar(at).RemainderScalar(6)
		share := k.Minimum(k.MulScalar(-1).AddScalar_(4)).Clamp_(0, 1)
		less := value.Sub(share.Mul(part)).Clamp_(0, 1)
		return less.Where(share.GtScalar(0), value) // which may lie beyond 1, as fastai leaves it
	}
	return torch.Stack(1, channel(5), channel(3), channel(1))
}
