package torch

import lib "github.com/sugarme/gotch/libtch"

// sumType is the dtype of a sum: integers and bools add up in int64, as in PyTorch.
func (t *Tensor) sumType() int32 {
	if d := t.DType(); d.IsFloatingPoint() || d == Complex64 || d == Complex128 {
		return int32(d)
	}
	return int32(Int64)
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// Sum adds up all elements, or those along dims, which then have size 1 if keepDim.
func (t *Tensor) Sum(keepDim bool, along ...int64) *Tensor {
	kind := t.sumType()
	p := t.ptr()
	out := begin()
	if len(along) == 0 {
		lib.AtgSum(&out.c, p, kind)
	} else {
		lib.AtgSumDimIntlist(&out.c, p, along, len(along), flag(keepDim), kind)
	}
	return out.from("sum", t)
}

// Mean averages all elements, or those along dims, which then have size 1 if keepDim.
func (t *Tensor) Mean(keepDim bool, along ...int64) *Tensor {
	kind := int32(t.DType())
	p := t.ptr()
	out := begin()
	if len(along) == 0 {
		lib.AtgMean(&out.c, p, kind)
	} else {
		lib.AtgMeanDim(&out.c, p, along, len(along), flag(keepDim), kind)
	}
	return out.from("mean", t)
}

// Max is the largest of all elements.
func (t *Tensor) Max() *Tensor { return t.unary("max", lib.AtgMax) }

// Min is the smallest of all elements.
func (t *Tensor) Min() *Tensor { return t.unary("min", lib.AtgMin) }

// ArgMax is the index of the largest element along dim, int64.
func (t *Tensor) ArgMax(dim int64, keepDim bool) *Tensor {
	return t.unary("argmax", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgArgmax(out, p, dim, 0, flag(keepDim)) })
}

// ArgMin is the index of the smallest element along dim, int64.
func (t *Tensor) ArgMin(dim int64, keepDim bool) *Tensor {
	return t.unary("argmin", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgArgmin(out, p, dim, 0, flag(keepDim)) })
}

// MaxDim returns the largest elements along dim, and their indices (torch.max with a dimension).
func (t *Tensor) MaxDim(dim int64, keepDim bool) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("max", func(out *lib.Ctensor) { lib.AtgMaxDim(out, p, dim, flag(keepDim)) })
}

// MinDim returns the smallest elements along dim, and their indices (torch.min with a dimension).
func (t *Tensor) MinDim(dim int64, keepDim bool) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("min", func(out *lib.Ctensor) { lib.AtgMinDim(out, p, dim, flag(keepDim)) })
}

// MedianDim returns the median along dim, the lower of two, and its indices (torch.median with a dimension).
func (t *Tensor) MedianDim(dim int64, keepDim bool) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("median", func(out *lib.Ctensor) { lib.AtgMedianDim(out, p, dim, flag(keepDim)) })
}

// All tells whether every element is true or nonzero, of all or along dims; the result is bool.
func (t *Tensor) All(keepDim bool, along ...int64) *Tensor {
	if len(along) == 0 && !keepDim {
		return t.unary("all", lib.AtgAll)
	}
	return call("aten::all.dims", t, t.every(along), keepDim)
}

// Any tells whether any element is true or nonzero, of all or along dims; the result is bool.
func (t *Tensor) Any(keepDim bool, along ...int64) *Tensor {
	if len(along) == 0 && !keepDim {
		return t.unary("any", lib.AtgAny)
	}
	return call("aten::any.dims", t, t.every(along), keepDim)
}

// Softmax makes the elements along dim positive with sum 1.
func (t *Tensor) Softmax(dim int64) *Tensor {
	kind := int32(t.DType())
	p := t.ptr()
	out := begin()
	lib.AtgSoftmax(&out.c, p, dim, kind)
	return out.from("softmax", t)
}

// LogSoftmax is the logarithm of [Tensor.Softmax].
func (t *Tensor) LogSoftmax(dim int64) *Tensor {
	kind := int32(t.DType())
	p := t.ptr()
	out := begin()
	lib.AtgLogSoftmax(&out.c, p, dim, kind)
	return out.from("log_softmax", t)
}

// TopK returns the k largest elements along dim, largest first, and their indices.
func (t *Tensor) TopK(k, dim int64) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("topk", func(out *lib.Ctensor) { lib.AtgTopk(out, p, k, dim, 1, 1) })
}

// Sort returns the elements sorted along dim and their indices.
func (t *Tensor) Sort(dim int64, descending bool) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("sort", func(out *lib.Ctensor) { lib.AtgSort(out, p, dim, flag(descending)) })
}

// pair runs an operation with two results.
func (t *Tensor) pair(op string, f func(out *lib.Ctensor)) (a, b *Tensor) {
	a, b = begin(), &Tensor{}
	var two [2]lib.Ctensor
	f(&two[0])
	a.c, b.c = two[0], two[1]
	a.from(op, t)
	b.hang(t.scope, op, []*Tensor{t})
	return a, b
}

// Equal tells whether t and u have the same shape, dtype and elements.
func (t *Tensor) Equal(u *Tensor) bool {
	a, b := t.info(), u.info()
	if a.DType != b.DType || a.Dim != b.Dim || a.Sizes != b.Sizes {
		return false
	}
	if a.NumEl == 0 {
		return true
	}
	eq := t.Eq(u)
	defer eq.Close()
	all := eq.All(false)
	defer all.Close()
	return all.ItemInt() != 0
}
