package vision

import "math/rand/v2"

// FlipItem mirrors a picture in training with probability p (fastai's FlipItem, whose
// p is 0.5).
func FlipItem(p float64) ItemTransform { return turnItem{"FlipItem", p, 1, 1} }

// DihedralItem lays a picture in one of the eight ways in training with probability p
// (fastai's DihedralItem, whose p is 1).
func DihedralItem(p float64) ItemTransform { return turnItem{"DihedralItem", p, 0, 7} }

type turnItem struct {
	name        string
	p           float64
	first, last int // the turns to draw from
}

func (t turnItem) Order() int   { return 0 }
func (t turnItem) Check() error { return checkP(t.name, t.p) }

func (t turnItem) Plan(w, h int, rng *rand.Rand, split Split) []Step {
	if split == Valid {
		return nil
	}
	do, k := rng.Float64() < t.p, t.first+rng.IntN(t.last-t.first+1)
	if !do {
		return nil
	}
	return []Step{{W: w, H: h, Turn: k}}
}
