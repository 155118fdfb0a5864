package torch

import (
	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// View is t with another shape over the same memory; one size may be -1.
func (t *Tensor) View(shape ...int64) *Tensor {
	d, n := dims(shape)
	p := t.ptr()
	out := begin()
	lib.AtgView(&out.c, p, d, n)
	return out.from("view", t)
}

// Reshape is [Tensor.View] where that is possible, else a copy.
func (t *Tensor) Reshape(shape ...int64) *Tensor {
	d, n := dims(shape)
	p := t.ptr()
	out := begin()
	lib.AtgReshape(&out.c, p, d, n)
	return out.from("reshape", t)
}

// Flatten joins the dimensions from start to end, both included; -1 is the last.
func (t *Tensor) Flatten(start, end int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgFlatten(&out.c, p, start, end)
	return out.from("flatten", t)
}

// Permute is a view with the dimensions in that order.
func (t *Tensor) Permute(order ...int64) *Tensor {
	d, n := dims(order)
	p := t.ptr()
	out := begin()
	lib.AtgPermute(&out.c, p, d, n)
	return out.from("permute", t)
}

// Transpose is a view with two dimensions swapped.
func (t *Tensor) Transpose(a, b int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgTranspose(&out.c, p, a, b)
	return out.from("transpose", t)
}

// Unsqueeze is a view with a dimension of size 1 put in at dim.
func (t *Tensor) Unsqueeze(dim int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgUnsqueeze(&out.c, p, dim)
	return out.from("unsqueeze", t)
}

// Squeeze is a view without dimension dim, if its size is 1.
func (t *Tensor) Squeeze(dim int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSqueezeDim(&out.c, p, dim)
	return out.from("squeeze", t)
}

// Expand is a view in which dimensions of size 1 are repeated; -1 leaves one as it is.
func (t *Tensor) Expand(shape ...int64) *Tensor {
	d, n := dims(shape)
	p := t.ptr()
	out := begin()
	lib.AtgExpand(&out.c, p, d, n, 0)
	return out.from("expand", t)
}

// Select is a view of one index of dim; the dimension goes away.
func (t *Tensor) Select(dim, index int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSelect(&out.c, p, dim, index)
	return out.from("select", t)
}

// Narrow is a view of length indices of dim from start on.
func (t *Tensor) Narrow(dim, start, length int64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgNarrow(&out.c, p, dim, start, length)
	return out.from("narrow", t)
}

// Slice is a view of the indices of dim from start to before end, in steps, as x[start:end:step] in Python.
func (t *Tensor) Slice(dim, start, end, step int64) *Tensor {
	return t.unary("slice", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgSlice(out, p, dim, start, 0, end, 0, step) })
}

// Unfold is a view of windows of size indices along dim, step apart, in a new last dimension.
func (t *Tensor) Unfold(dim, size, step int64) *Tensor {
	return t.unary("unfold", func(out *lib.Ctensor, p lib.Ctensor) { lib.AtgUnfold(out, p, dim, size, step) })
}

// Chunk returns at most n views of equal size along dim, the last of which may be smaller.
func (t *Tensor) Chunk(n, dim int64) []*Tensor { return callList("aten::chunk", t, n, dim) }

// Split returns views along dim: with one size each of that size, and a smaller last one; with several each of its own,
// which together are all of t.
func (t *Tensor) Split(dim int64, sizes ...int64) []*Tensor {
	if len(sizes) == 1 {
		return callList("aten::split.Tensor", t, sizes[0], dim)
	}
	return callList("aten::split_with_sizes", t, sizes, dim)
}

// Unbind returns a view of each index of dim, which goes away.
func (t *Tensor) Unbind(dim int64) []*Tensor { return callList("aten::unbind.int", t, dim) }

// Repeat copies t so many times along each dimension; new ones come first.
func (t *Tensor) Repeat(times ...int64) *Tensor {
	return Reductions{t: t}.reduce("repeat", times, func(out *lib.Ctensor, p lib.Ctensor, d []int64, n int) { lib.AtgRepeat(out, p, d, n) })
}

// RepeatInterleave copies each entry of dim n times in a row.
func (t *Tensor) RepeatInterleave(n, dim int64) *Tensor {
	return call("aten::repeat_interleave.self_int", t, n, dim)
}

// Roll shifts the elements along dims by as many places each; what falls off the end comes in at the start.
func (t *Tensor) Roll(shifts, along []int64) *Tensor { return call("aten::roll", t, shifts, along) }

// Flip reverses the order along the dimensions.
func (t *Tensor) Flip(along ...int64) *Tensor {
	d, n := dims(along)
	p := t.ptr()
	out := begin()
	lib.AtgFlip(&out.c, p, d, n)
	return out.from("flip", t)
}

// Cat joins tensors along dim.
func Cat(dim int64, ts ...*Tensor) *Tensor {
	hs, s := handles("cat", ts)
	out := begin()
	lib.AtgCat(&out.c, hs, len(ts), dim)
	return out.in(s, "cat", ts...)
}

// Stack joins tensors of one shape along a new dimension.
func Stack(dim int64, ts ...*Tensor) *Tensor {
	hs, s := handles("stack", ts)
	out := begin()
	lib.AtgStack(&out.c, hs, len(ts), dim)
	return out.in(s, "stack", ts...)
}

// handles lists the handles of tensors and finds their youngest scope.
func handles(op string, ts []*Tensor) ([]lib.Ctensor, *Scope) {
	if len(ts) == 0 {
		fail(op, "no tensors")
	}
	hs := make([]lib.Ctensor, len(ts))
	var s *Scope
	for i, t := range ts {
		hs[i] = t.ptr()
		s = younger(s, t.scope)
	}
	return hs, s
}

// To converts to the dtype and device given; what is not given stays. It returns
// a new tensor even where nothing changes, over the same memory then.
func (t *Tensor) To(opts ...Option) *Tensor {
	info := t.info()
	return t.convert(options{dtype: DType(info.DType), device: deviceAt(info.CUDA)}.with("to", opts), Preserve, false, false)
}

// ToNonBlocking is [Tensor.To] that does not wait for a copy from pinned memory to end.
func (t *Tensor) ToNonBlocking(d Device) *Tensor {
	return t.convert(options{dtype: t.DType(), device: d}, Preserve, true, false)
}

// ToFormat lays the elements out in that order.
func (t *Tensor) ToFormat(f MemoryFormat) *Tensor {
	info := t.info()
	return t.convert(options{dtype: DType(info.DType), device: deviceAt(info.CUDA)}, f, false, false)
}

// Clone copies the elements into new memory.
func (t *Tensor) Clone() *Tensor {
	info := t.info()
	return t.convert(options{dtype: DType(info.DType), device: deviceAt(info.CUDA)}, Preserve, false, true)
}

func (t *Tensor) convert(o options, f MemoryFormat, nonBlocking, copy bool) *Tensor {
	var h shim.Handle
	err := shim.To(&h, t.handle(), o.dtype.c("to"), o.device.c("to"), f.c("to"), nonBlocking, copy)
	return wrap(h, err, t.scope, "to", t)
}

// PinMemory copies t into page-locked memory, from which a GPU copies by itself.
func (t *Tensor) PinMemory() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgPinMemory(&out.c, p, int32(CUDA(0).Index()))
	return out.from("pin_memory", t)
}

// In returns a second handle of the same tensor in scope s, nil for none: what is computed from it lives there. It takes a parameter, which
// has no scope, into a forward pass: p.In(x.Scope()).Expand(…).
func (t *Tensor) In(s *Scope) *Tensor {
	h := lib.AtShallowClone(t.ptr())
	u := wrap(shim.Handle(h), nil, s, "in", t)
	u.zeroed = t.zeroed
	return u
}

// Contiguous is t in row-major order: over the same memory if it is so already.
func (t *Tensor) Contiguous() *Tensor { return t.unary("contiguous", lib.AtgContiguous) }
