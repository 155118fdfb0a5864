package torch

import lib "github.com/sugarme/gotch/libtch"

// Var is the variance of all elements or along dimensions, see [Reductions.Var].
func (t *Tensor) Var(correction float64, along ...int64) *Tensor {
	return Reductions{t: t}.Var(correction, along...)
}

// Std is the standard deviation, the root of [Tensor.Var].
func (t *Tensor) Std(correction float64, along ...int64) *Tensor {
	return Reductions{t: t}.Std(correction, along...)
}

// Norm is the norm of order p, which may be infinite, of all elements or along dimensions (torch.linalg.vector_norm).
func (t *Tensor) Norm(p float64, along ...int64) *Tensor { return Reductions{t: t}.Norm(p, along...) }

// Amax is the largest element along dimensions; equal ones share the gradient.
func (t *Tensor) Amax(along ...int64) *Tensor { return Reductions{t: t}.Amax(along...) }

// Amin is the smallest element along dimensions; equal ones share the gradient.
func (t *Tensor) Amin(along ...int64) *Tensor { return Reductions{t: t}.Amin(along...) }

// LogSumExp is log Σ exp along dimensions, without overflow.
func (t *Tensor) LogSumExp(along ...int64) *Tensor { return Reductions{t: t}.LogSumExp(along...) }

// Prod multiplies all elements, or those along one dimension.
func (t *Tensor) Prod(along ...int64) *Tensor { return Reductions{t: t}.Prod(along...) }

// Quantile is the value below which the fraction q, 0 to 1, lies, of all elements or along one dimension; between two
// elements it is interpolated linearly.
func (t *Tensor) Quantile(q float64, along ...int64) *Tensor {
	return Reductions{t: t}.Quantile(q, along...)
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

// Multinomial draws n different indices for each row of t, whose elements are weights that needn't sum to 1.
func (t *Tensor) Multinomial(n int64) *Tensor {
	return t.unary("multinomial", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgMultinomial(out, p, n, 0) })
}

// MultinomialWithReplacement draws n indices for each row of t, which may repeat; see [Tensor.Multinomial].
func (t *Tensor) MultinomialWithReplacement(n int64) *Tensor {
	return t.unary("multinomial", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgMultinomial(out, p, n, 1) })
}
