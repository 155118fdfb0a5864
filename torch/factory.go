package torch

import (
	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Factory makes tensors in a scope, of a dtype on a device, see [Scope.With]. A Scope's own methods are those of its Factory of
// PyTorch's defaults: float32, or int64 where that says so, on the CPU.
type Factory struct {
	scope *Scope
	o     options
}

// With returns what makes tensors of that dtype, on that device: s.With(torch.Float64, device).Zeros(2, 3).
func (s *Scope) With(opts ...Option) Factory {
	return Factory{s, options{device: unplaced}.with("with", opts)}
}

// c returns the dtype, otherwise where none was chosen, and the device for the factory op of gotch.
func (f Factory) c(op string, otherwise DType) (kind, device int32) {
	if f.o.typed {
		otherwise = f.o.dtype
	}
	return int32(otherwise.c(op)), int32(f.o.device.c(op))
}

// sized makes a tensor of that shape by one of gotch's functions.
func (f Factory) sized(op string, shape []int64, create func(out *lib.Ctensor, shape []int64, n int, kind, device int32)) *Tensor {
	d, n := dims(shape)
	kind, device := f.c(op, Float32)
	out := begin()
	create(&out.c, d, n, kind, device)
	return out.in(f.scope, op)
}

// Zeros makes a tensor of zeros. As with every factory, of a nil Scope the tensor is the caller's to close.
func (f Factory) Zeros(shape ...int64) *Tensor { return f.sized("zeros", shape, lib.AtgZeros) }

// Ones makes a tensor of ones.
func (f Factory) Ones(shape ...int64) *Tensor { return f.sized("ones", shape, lib.AtgOnes) }

// Empty makes a tensor whose elements are whatever the memory held.
func (f Factory) Empty(shape ...int64) *Tensor { return f.sized("empty", shape, lib.AtgEmpty) }

// Rand draws uniformly from [0, 1).
func (f Factory) Rand(shape ...int64) *Tensor { return f.sized("rand", shape, lib.AtgRand) }

// Randn draws from the normal distribution of mean 0 and deviation 1.
func (f Factory) Randn(shape ...int64) *Tensor { return f.sized("randn", shape, lib.AtgRandn) }

// Full makes a tensor of one value.
func (f Factory) Full(v float64, shape ...int64) *Tensor {
	t := f.Empty(shape...)
	if err := Try(func() { t.Fill_(v) }); err != nil {
		t.Close()
		panic(err)
	}
	return t
}

// RandInt draws integers from 0 up to but without high, int64 by default.
func (f Factory) RandInt(high int64, shape ...int64) *Tensor {
	kind, device := f.c("randint", Int64)
	d, n := dims(shape)
	out := begin()
	lib.AtgRandint(&out.c, high, d, n, kind, device)
	return out.in(f.scope, "randint")
}

// RandPerm returns a random permutation of 0 … n-1, int64 by default; on the CPU PyTorch's very one.
func (f Factory) RandPerm(n int64) *Tensor {
	kind, device := f.c("randperm", Int64)
	out := begin()
	lib.AtgRandperm(&out.c, n, kind, device)
	return out.in(f.scope, "randperm")
}

// Arange returns 0, 1, … n-1, int64 by default.
func (f Factory) Arange(n int64) *Tensor {
	kind, device := f.c("arange", Int64)
	end := lib.AtsInt(n)
	defer lib.AtsFree(end)
	out := begin()
	lib.AtgArange(&out.c, end, kind, device)
	return out.in(f.scope, "arange")
}

// Linspace returns n numbers from start to end, both included, evenly apart.
func (f Factory) Linspace(start, end float64, n int64) *Tensor {
	kind, device := f.c("linspace", Float32)
	a, b := lib.AtsFloat(start), lib.AtsFloat(end)
	defer lib.AtsFree(a)
	defer lib.AtsFree(b)
	out := begin()
	lib.AtgLinspace(&out.c, a, b, n, kind, device)
	return out.in(f.scope, "linspace")
}

// Eye returns the n×n matrix with ones on its diagonal and zeros elsewhere.
func (f Factory) Eye(n int64) *Tensor {
	kind, device := f.c("eye", Float32)
	out := begin()
	lib.AtgEye(&out.c, n, kind, device)
	return out.in(f.scope, "eye")
}

// Zeros makes a float32 tensor of zeros on the CPU, as [Factory.Zeros]. So do those below by their factory's method.
func (s *Scope) Zeros(shape ...int64) *Tensor           { return s.With().Zeros(shape...) }
func (s *Scope) Ones(shape ...int64) *Tensor            { return s.With().Ones(shape...) }
func (s *Scope) Empty(shape ...int64) *Tensor           { return s.With().Empty(shape...) }
func (s *Scope) Rand(shape ...int64) *Tensor            { return s.With().Rand(shape...) }
func (s *Scope) Randn(shape ...int64) *Tensor           { return s.With().Randn(shape...) }
func (s *Scope) Full(v float64, shape ...int64) *Tensor { return s.With().Full(v, shape...) }
func (s *Scope) RandInt(high int64, shape ...int64) *Tensor {
	return s.With().RandInt(high, shape...)
}
func (s *Scope) RandPerm(n int64) *Tensor { return s.With().RandPerm(n) }
func (s *Scope) Arange(n int64) *Tensor   { return s.With().Arange(n) }
func (s *Scope) Linspace(start, end float64, n int64) *Tensor {
	return s.With().Linspace(start, end, n)
}
func (s *Scope) Eye(n int64) *Tensor { return s.With().Eye(n) }

// ZerosLike makes zeros of t's shape, dtype, device and memory format, in t's scope.
func ZerosLike(t *Tensor) *Tensor {
	return t.unary("zeros_like", lib.AtgZerosLike)
}

// OnesLike makes ones of t's shape, dtype, device and memory format, in t's scope.
func OnesLike(t *Tensor) *Tensor { return t.unary("ones_like", lib.AtgOnesLike) }

// RandnLike draws from the normal distribution into a tensor of t's shape, dtype, device and memory format, in t's scope.
func RandnLike(t *Tensor) *Tensor { return t.unary("randn_like", lib.AtgRandnLike) }

// Meshgrid returns, for each of some vectors, its elements over the grid that all of them span, the first along
// dimension 0 (indexing="ij").
func Meshgrid(ts ...*Tensor) []*Tensor {
	return callList("aten::meshgrid.indexing", ts, Kwargs{"indexing": "ij"})
}

// EmptyPinned is [Scope.Empty] in page-locked memory of the host, from which a GPU copies
// by itself ([Tensor.ToNonBlocking]); it needs CUDA. The memory of a closed tensor is
// used again only when copies from it have ended.
func (s *Scope) EmptyPinned(dtype DType, shape ...int64) *Tensor {
	h, err := shim.EmptyPinned(shape, dtype.c("empty"))
	return wrap(h, err, s, "empty")
}
