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
func (t *Tensor) Max() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgMax(&out.c, p)
	return out.from("max", t)
}

// Min is the smallest of all elements.
func (t *Tensor) Min() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgMin(&out.c, p)
	return out.from("min", t)
}

// ArgMax is the index of the largest element along dim, int64.
func (t *Tensor) ArgMax(dim int64, keepDim bool) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgArgmax(&out.c, p, dim, 0, flag(keepDim))
	return out.from("argmax", t)
}

// All tells whether every element is true or nonzero; the result is bool.
func (t *Tensor) All() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgAll(&out.c, p)
	return out.from("all", t)
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
	all := eq.All()
	defer all.Close()
	return all.ItemInt() != 0
}
