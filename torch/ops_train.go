package torch

import lib "github.com/sugarme/gotch/libtch"

// VectorNorm is the norm of order p of all elements, a scalar; p may be infinite
// (torch.linalg.vector_norm).
func (t *Tensor) VectorNorm(p float64) *Tensor {
	order := lib.AtsFloat(p)
	defer lib.AtsFree(order)
	kind := int32(t.DType())
	a := t.ptr()
	out := begin()
	lib.AtgNormScalaroptDtype(&out.c, a, order, kind)
	return out.from("vector_norm", t)
}

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
