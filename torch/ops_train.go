package torch

import lib "github.com/sugarme/gotch/libtch"

// LerpScalar_ moves t towards u by weight of their difference, in place; it returns t.
func (t *Tensor) LerpScalar_(u *Tensor, weight float64) *Tensor {
	w := lib.AtsFloat(weight)
	defer lib.AtsFree(w)
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgLerp_(&out.c, a, b, w)
	return t.inPlace(out, "lerp_", t, u)
}

// RandInt draws integers from 0 up to but without high, int64 unless opts say otherwise.
func (s *Scope) RandInt(high int64, shape []int64, opts ...Option) *Tensor {
	kind, device := optionsOf("randint", Int64, opts)
	d, n := dims(shape)
	out := begin()
	lib.AtgRandint(&out.c, high, d, n, kind, device)
	return out.in(s, "randint")
}
