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
