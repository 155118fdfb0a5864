package torch

import (
	"fmt"

	lib "github.com/sugarme/gotch/libtch"
)

// Where a method takes dimensions, none stands for all of them, and those that were reduced have size 1 if keepDim.

// reduce runs an operation along dims.
func (t *Tensor) reduce(op string, along []int64, f func(out *lib.Ctensor, t lib.Ctensor, dims []int64, n int)) *Tensor {
	d, n := dims(along)
	p := t.ptr()
	out := begin()
	f(&out.c, p, d, n)
	return out.from(op, t)
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

// Var is the variance: squares of deviations from the mean are added and divided by their number less correction,
// which is 1 for PyTorch's default, Bessel's correction, and 0 for the mean square.
func (t *Tensor) Var(correction float64, keepDim bool, along ...int64) *Tensor {
	return t.moment("var", correction, keepDim, along, lib.AtgVarCorrection)
}

// Std is the standard deviation, the root of [Tensor.Var].
func (t *Tensor) Std(correction float64, keepDim bool, along ...int64) *Tensor {
	return t.moment("std", correction, keepDim, along, lib.AtgStdCorrection)
}

func (t *Tensor) moment(op string, correction float64, keepDim bool, along []int64, f func(*lib.Ctensor, lib.Ctensor, []int64, int, lib.Cscalar, int32)) *Tensor {
	c := scalar(correction)
	defer lib.AtsFree(c)
	return t.reduce(op, t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { f(out, p, d, n, c, flag(keepDim)) })
}

// Norm is the norm of order p, which may be infinite, of all elements or along dims (torch.linalg.vector_norm).
func (t *Tensor) Norm(p float64, keepDim bool, along ...int64) *Tensor {
	if len(along) > 0 || keepDim {
		return call("aten::linalg_vector_norm", t, p, t.every(along), keepDim)
	}
	order, kind := lib.AtsFloat(p), int32(t.DType())
	defer lib.AtsFree(order)
	return t.unary("vector_norm", func(out *lib.Ctensor, h lib.Ctensor) { lib.AtgNormScalaroptDtype(out, h, order, kind) })
}

// Amax is the largest element along dims; equal ones share the gradient.
func (t *Tensor) Amax(keepDim bool, along ...int64) *Tensor {
	return t.reduce("amax", along, func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgAmax(out, p, d, n, flag(keepDim)) })
}

// Amin is the smallest element along dims; equal ones share the gradient.
func (t *Tensor) Amin(keepDim bool, along ...int64) *Tensor {
	return t.reduce("amin", along, func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgAmin(out, p, d, n, flag(keepDim)) })
}

// LogSumExp is log Σ exp along dims, without overflow.
func (t *Tensor) LogSumExp(keepDim bool, along ...int64) *Tensor {
	return t.reduce("logsumexp", t.every(along), func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) {
		lib.AtgLogsumexp(out, p, d, n, flag(keepDim))
	})
}

// Prod multiplies all elements, or those along one dimension.
func (t *Tensor) Prod(keepDim bool, along ...int64) *Tensor {
	kind, dim, one := t.sumType(), int64(0), t.atMostOne("prod", along)
	if !one {
		return t.unary("prod", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgProd(out, p, kind) })
	}
	dim = along[0]
	return t.unary("prod", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgProdDimInt(out, p, dim, flag(keepDim), kind) })
}

// Quantile is the value below which the fraction q, 0 to 1, lies, of all elements or along one dimension; between two
// elements it is interpolated linearly.
func (t *Tensor) Quantile(q float64, keepDim bool, along ...int64) *Tensor {
	var dim any
	if t.atMostOne("quantile", along) {
		dim = along[0]
	}
	return call("aten::quantile.scalar", t, q, dim, keepDim)
}

func (t *Tensor) atMostOne(op string, along []int64) bool {
	if len(along) > 1 {
		fail(op, fmt.Sprintf("dimensions %v: it takes one, or none for all elements", along), t)
	}
	return len(along) == 1
}

// Median is the middle one of all elements, the lower of two; with [Tensor.MedianDim] along a dimension.
func (t *Tensor) Median() *Tensor { return t.unary("median", lib.AtgMedian) }

// Cumsum adds up along dim: each element is the sum of those up to it.
func (t *Tensor) Cumsum(dim int64) *Tensor {
	kind := t.sumType()
	return t.unary("cumsum", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgCumsum(out, p, dim, kind) })
}

// Cumprod multiplies along dim: each element is the product of those up to it.
func (t *Tensor) Cumprod(dim int64) *Tensor {
	kind := t.sumType()
	return t.unary("cumprod", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgCumprod(out, p, dim, kind) })
}

// Unique returns the different elements in rising order, for each element of t the index of its own among them, and how
// often each occurs.
func (t *Tensor) Unique() (values, inverse, counts *Tensor) {
	r := Call("aten::_unique2", t, true, true, true)
	return r[0].(*Tensor), r[1].(*Tensor), r[2].(*Tensor)
}

// Bincount counts how often each integer from 0 on occurs in t, int64, of one dimension and without negatives, or adds up
// their weights, which may be nil. The result has at least minLength elements.
func (t *Tensor) Bincount(weights *Tensor, minLength int64) *Tensor {
	return call("aten::bincount", t, weights, minLength)
}

// Multinomial draws n indices for each row of t, whose elements are weights that needn't sum to 1.
func (t *Tensor) Multinomial(n int64, replacement bool) *Tensor {
	return t.unary("multinomial", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgMultinomial(out, p, n, flag(replacement)) })
}
