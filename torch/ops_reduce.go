package torch

import lib "github.com/sugarme/gotch/libtch"

// Sum adds up all elements, or those along dimensions. [Tensor.KeepDim] keeps these, here and below.
func (t *Tensor) Sum(along ...int64) *Tensor { return Reductions{t: t}.Sum(along...) }

// Mean averages all elements, or those along dimensions.
func (t *Tensor) Mean(along ...int64) *Tensor { return Reductions{t: t}.Mean(along...) }

// Max is the largest of all elements.
func (t *Tensor) Max() *Tensor { return t.unary("max", lib.AtgMax) }

// Min is the smallest of all elements.
func (t *Tensor) Min() *Tensor { return t.unary("min", lib.AtgMin) }

// ArgMax is the index of the largest element along dim, int64.
func (t *Tensor) ArgMax(dim int64) *Tensor { return Reductions{t: t}.ArgMax(dim) }

// ArgMin is the index of the smallest element along dim, int64.
func (t *Tensor) ArgMin(dim int64) *Tensor { return Reductions{t: t}.ArgMin(dim) }

// MaxDim returns the largest elements along dim, and their indices (torch.max with a dimension).
func (t *Tensor) MaxDim(dim int64) (values, indices *Tensor) { return Reductions{t: t}.MaxDim(dim) }

// MinDim returns the smallest elements along dim, and their indices (torch.min with a dimension).
func (t *Tensor) MinDim(dim int64) (values, indices *Tensor) { return Reductions{t: t}.MinDim(dim) }

// MedianDim returns the median along dim, the lower of two, and its indices (torch.median with a dimension).
func (t *Tensor) MedianDim(dim int64) (values, indices *Tensor) {
	return Reductions{t: t}.MedianDim(dim)
}

// All tells whether every element is true or nonzero, of all or along dimensions; the result is bool.
func (t *Tensor) All(along ...int64) *Tensor { return Reductions{t: t}.All(along...) }

// Any tells whether any element is true or nonzero, of all or along dimensions; the result is bool.
func (t *Tensor) Any(along ...int64) *Tensor { return Reductions{t: t}.Any(along...) }

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

// Sort returns the elements sorted along dim, smallest first, and their indices.
func (t *Tensor) Sort(dim int64) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("sort", func(out *lib.Ctensor) { lib.AtgSort(out, p, dim, 0) })
}

// SortDescending returns the elements sorted along dim, largest first, and their indices.
func (t *Tensor) SortDescending(dim int64) (values, indices *Tensor) {
	p := t.ptr()
	return t.pair("sort", func(out *lib.Ctensor) { lib.AtgSort(out, p, dim, 1) })
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
