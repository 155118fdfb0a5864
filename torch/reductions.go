package torch

import (
	"fmt"

	lib "github.com/sugarme/gotch/libtch"
)

// Reductions are those of a tensor whose reduced dimensions stay with size 1 (keepdim=True), see [Tensor.KeepDim]. The Tensor's
// own methods are the same without. Where they take dimensions, none stands for all of them.
type Reductions struct {
	t    *Tensor
	keep bool
}

// KeepDim returns t's reductions that keep the reduced dimensions with size 1: x.Sub(x.KeepDim().Mean(-1)).
func (t *Tensor) KeepDim() Reductions { return Reductions{t, true} }

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// sumType is the dtype of a sum: integers and bools add up in int64, as in PyTorch.
func (t *Tensor) sumType() int32 {
	if d := t.DType(); d.IsFloatingPoint() || d == Complex64 || d == Complex128 {
		return int32(d)
	}
	return int32(Int64)
}

// every is along, or all dimensions of t where there are none: libtorch's gradient of a variance divides by 0 without.
func (t *Tensor) every(along []int64) []int64 {
	if len(along) == 0 {
		for d := range t.Dim() {
			along = append(along, int64(d))
		}
	}
	return along
}

// whole reports whether everything is reduced to one element without dimensions.
func (r Reductions) whole(along []int64) bool { return len(along) == 0 && !r.keep }

// reduce runs an operation along dims.
func (r Reductions) reduce(op string, along []int64, f func(out *lib.Ctensor, t lib.Ctensor, dims []int64, n int)) *Tensor {
	d, n := dims(along)
	p := r.t.ptr()
	out := begin()
	f(&out.c, p, d, n)
	return out.from(op, r.t)
}

// Sum adds up all elements, or those along dimensions.
func (r Reductions) Sum(along ...int64) *Tensor {
	kind, keep := r.t.sumType(), flag(r.keep)
	if r.whole(along) {
		return r.t.unary("sum", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgSum(out, p, kind) })
	}
	return r.reduce("sum", r.t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) {
		lib.AtgSumDimIntlist(out, p, d, n, keep, kind)
	})
}

// Mean averages all elements, or those along dimensions.
func (r Reductions) Mean(along ...int64) *Tensor {
	kind, keep := int32(r.t.DType()), flag(r.keep)
	if r.whole(along) {
		return r.t.unary("mean", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgMean(out, p, kind) })
	}
	return r.reduce("mean", r.t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgMeanDim(out, p, d, n, keep, kind) })
}

// ArgMax returns the index of the largest element along dim, int64.
func (r Reductions) ArgMax(dim int64) *Tensor {
	return r.t.unary("argmax", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgArgmax(out, p, dim, 0, flag(r.keep)) })
}

// ArgMin returns the index of the smallest element along dim, int64.
func (r Reductions) ArgMin(dim int64) *Tensor {
	return r.t.unary("argmin", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgArgmin(out, p, dim, 0, flag(r.keep)) })
}

// MaxDim returns the largest elements along dim, and their indices (torch.max with a dimension).
func (r Reductions) MaxDim(dim int64) (values, indices *Tensor) {
	p := r.t.ptr()
	return r.t.pair("max", func(out *lib.Ctensor) { lib.AtgMaxDim(out, p, dim, flag(r.keep)) })
}

// MinDim returns the smallest elements along dim, and their indices (torch.min with a dimension).
func (r Reductions) MinDim(dim int64) (values, indices *Tensor) {
	p := r.t.ptr()
	return r.t.pair("min", func(out *lib.Ctensor) { lib.AtgMinDim(out, p, dim, flag(r.keep)) })
}

// MedianDim returns the median along dim, the lower of two, and its indices (torch.median with a dimension).
func (r Reductions) MedianDim(dim int64) (values, indices *Tensor) {
	p := r.t.ptr()
	return r.t.pair("median", func(out *lib.Ctensor) { lib.AtgMedianDim(out, p, dim, flag(r.keep)) })
}

// All tells whether every element is true or nonzero, of all or along dimensions; the result is bool.
func (r Reductions) All(along ...int64) *Tensor {
	if r.whole(along) {
		return r.t.unary("all", lib.AtgAll)
	}
	return call("aten::all.dims", r.t, r.t.every(along), r.keep)
}

// Any tells whether any element is true or nonzero, of all or along dimensions; the result is bool.
func (r Reductions) Any(along ...int64) *Tensor {
	if r.whole(along) {
		return r.t.unary("any", lib.AtgAny)
	}
	return call("aten::any.dims", r.t, r.t.every(along), r.keep)
}

// Var returns the variance: squares of deviations from the mean are added and divided by their number less correction,
// which is 1 for PyTorch's default, Bessel's correction, and 0 for the mean square.
func (r Reductions) Var(correction float64, along ...int64) *Tensor {
	return r.moment("var", correction, along, lib.AtgVarCorrection)
}

// Std returns the standard deviation, the root of [Reductions.Var].
func (r Reductions) Std(correction float64, along ...int64) *Tensor {
	return r.moment("std", correction, along, lib.AtgStdCorrection)
}

func (r Reductions) moment(op string, correction float64, along []int64, f func(*lib.Ctensor, lib.Ctensor, []int64, int, lib.Cscalar, int32)) *Tensor {
	c := scalar(correction)
	defer lib.AtsFree(c)
	return r.reduce(op, r.t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { f(out, p, d, n, c, flag(r.keep)) })
}

// Norm returns the norm of order p, which may be infinite, of all elements or along dimensions (torch.linalg.vector_norm).
func (r Reductions) Norm(p float64, along ...int64) *Tensor {
	if !r.whole(along) {
		return call("aten::linalg_vector_norm", r.t, p, r.t.every(along), r.keep)
	}
	order, kind := lib.AtsFloat(p), int32(r.t.DType())
	defer lib.AtsFree(order)
	return r.t.unary("vector_norm", func(out *lib.Ctensor, h lib.Ctensor) { lib.AtgNormScalaroptDtype(out, h, order, kind) })
}

// Amax returns the largest element along dimensions; equal ones share the gradient.
func (r Reductions) Amax(along ...int64) *Tensor {
	return r.reduce("amax", along, func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgAmax(out, p, d, n, flag(r.keep)) })
}

// Amin returns the smallest element along dimensions; equal ones share the gradient.
func (r Reductions) Amin(along ...int64) *Tensor {
	return r.reduce("amin", along, func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgAmin(out, p, d, n, flag(r.keep)) })
}

// LogSumExp returns log Σ exp along dimensions, without overflow.
func (r Reductions) LogSumExp(along ...int64) *Tensor {
	return r.reduce("logsumexp", r.t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) {
		lib.AtgLogsumexp(out, p, d, n, flag(r.keep))
	})
}

// Prod multiplies all elements, or those along one dimension, which [Tensor.KeepDim] requires, as PyTorch does.
func (r Reductions) Prod(along ...int64) *Tensor {
	kind, one := r.t.sumType(), r.atMostOne("prod", along)
	if !one && !r.keep {
		return r.t.unary("prod", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgProd(out, p, kind) })
	}
	if !one {
		fail("prod", "KeepDim needs a dimension", r.t)
	}
	dim := along[0]
	return r.t.unary("prod", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgProdDimInt(out, p, dim, flag(r.keep), kind) })
}

// Quantile returns the value below which the fraction q, 0 to 1, lies, of all elements or along one dimension; between two
// elements it is interpolated linearly.
func (r Reductions) Quantile(q float64, along ...int64) *Tensor {
	var dim any
	if r.atMostOne("quantile", along) {
		dim = along[0]
	}
	return call("aten::quantile.scalar", r.t, q, dim, r.keep)
}

func (r Reductions) atMostOne(op string, along []int64) bool {
	if len(along) > 1 {
		fail(op, fmt.Sprintf("dimensions %v: it takes one, or none for all elements", along), r.t)
	}
	return len(along) == 1
}
