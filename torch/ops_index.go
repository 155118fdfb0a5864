package torch

import lib "github.com/sugarme/gotch/libtch"

// Indices are int64.

// IndexSelect copies the entries of dim that index, int64, names.
func (t *Tensor) IndexSelect(dim int64, index *Tensor) *Tensor {
	return t.binary("index_select", index, func(out *lib.Ctensor, p, i lib.Ctensor) { lib.AtgIndexSelect(out, p, dim, i) })
}

// Index copies what the indices name, as x[i, j, …] does in Python: the i-th tensor indexes dimension i, nil takes all of
// it, and indices broadcast. A bool tensor is a mask of as many dimensions as it has.
func (t *Tensor) Index(indices ...*Tensor) *Tensor { return call("aten::index.Tensor", t, indices) }

// Gather copies along dim the elements that index, int64, names, as torch.gather.
func (t *Tensor) Gather(dim int64, index *Tensor) *Tensor {
	return t.binary("gather", index, func(out *lib.Ctensor, p, i lib.Ctensor) { lib.AtgGather(out, p, dim, i, 0) })
}

// Scatter is a copy of t with src's elements at the places along dim that index names, as torch.scatter.
func (t *Tensor) Scatter(dim int64, index, src *Tensor) *Tensor {
	return t.indexed("scatter", dim, index, src, lib.AtgScatter)
}

// ScatterAdd is a copy of t to which src's elements were added at the places along dim that index names, as torch.scatter_add.
func (t *Tensor) ScatterAdd(dim int64, index, src *Tensor) *Tensor {
	return t.indexed("scatter_add", dim, index, src, lib.AtgScatterAdd)
}

// IndexAdd is a copy of t to whose entries of dim that index names src's were added, as torch.index_add.
func (t *Tensor) IndexAdd(dim int64, index, src *Tensor) *Tensor {
	return t.indexed("index_add", dim, index, src, lib.AtgIndexAdd)
}

func (t *Tensor) indexed(op string, dim int64, index, src *Tensor, f func(out *lib.Ctensor, t lib.Ctensor, dim int64, index, src lib.Ctensor)) *Tensor {
	a, i, b := t.ptr(), index.ptr(), src.ptr()
	out := begin()
	f(&out.c, a, dim, i, b)
	return out.in(younger(younger(t.scope, index.scope), src.scope), op, t, index, src)
}

// MaskedFill is a copy of t with v wherever mask, bool and broadcast to t, is true.
func (t *Tensor) MaskedFill(mask *Tensor, v float64) *Tensor {
	s := scalar(v)
	defer lib.AtsFree(s)
	return t.binary("masked_fill", mask, func(out *lib.Ctensor, p, m lib.Ctensor) { lib.AtgMaskedFill(out, p, m, s) })
}

// MaskedSelect copies the elements where mask, bool, is true, into one dimension.
func (t *Tensor) MaskedSelect(mask *Tensor) *Tensor {
	return t.binary("masked_select", mask, lib.AtgMaskedSelect)
}

// Nonzero lists the indices of the elements that aren't 0: a row for each, a column for each dimension.
func (t *Tensor) Nonzero() *Tensor { return t.unary("nonzero", lib.AtgNonzero) }

// OneHot makes of each class, int64, a row of zeros with a 1 at its place, in a new last dimension of size classes; -1
// takes one more than the largest class.
func (t *Tensor) OneHot(classes int64) *Tensor {
	return t.unary("one_hot", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgOneHot(out, p, classes) })
}

// Tril keeps the lower triangle of the last two dimensions, up to the diagonal, 0 for the main one, and has zeros elsewhere.
func (t *Tensor) Tril(diagonal int64) *Tensor {
	return t.unary("tril", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgTril(out, p, diagonal) })
}

// Triu keeps the upper triangle of the last two dimensions, from the diagonal on, and has zeros elsewhere.
func (t *Tensor) Triu(diagonal int64) *Tensor {
	return t.unary("triu", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgTriu(out, p, diagonal) })
}

// Diagonal is a view of a diagonal of dimensions a and b, which becomes the last dimension.
func (t *Tensor) Diagonal(offset, a, b int64) *Tensor {
	return t.unary("diagonal", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgDiagonal(out, p, offset, a, b) })
}
