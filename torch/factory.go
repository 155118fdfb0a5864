package torch

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/internal/room"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
	lib "github.com/sugarme/gotch/libtch"
)

// Element is a Go type that a tensor's elements are read into and made from.
type Element interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | bool
}

func dtypeOf[T Element]() DType {
	var zero T
	switch any(zero).(type) {
	case float64:
		return Float64
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64:
		return Int64
	case uint8:
		return Uint8
	case bool:
		return Bool
	}
	return Float32
}

// dims gives gotch, which takes the address of the first size, one to take.
func dims(shape []int64) ([]int64, int) {
	if len(shape) == 0 {
		return []int64{0}, 0
	}
	return shape, len(shape)
}

// FromSlice copies data, in row-major order, into a tensor of that shape in
// scope s; with a nil scope the tensor is the caller's to close. Without a shape
// it is one-dimensional.
func FromSlice[T Element](s *Scope, data []T, shape ...int64) *Tensor {
	if shape == nil {
		shape = []int64{int64(len(data))}
	}
	if n, ok := elements(shape); !ok || n != int64(len(data)) {
		fail("tensor", fmt.Sprintf("%d elements do not fill shape %v", len(data), shape))
	}
	h, err := shim.FromData(unsafe.Pointer(unsafe.SliceData(data)), shape, int(dtypeOf[T]()), CPU.Index())
	runtime.KeepAlive(data)
	return wrap(h, err, s, "tensor")
}

// Scalar makes a tensor without dimensions.
func Scalar[T Element](s *Scope, v T) *Tensor { return FromSlice(s, []T{v}, []int64{}...) }

// ToSlice copies the tensor's elements, in row-major order, from any device. T must be
// the Go type of the tensor's dtype; convert with [Tensor.To] first if it is not.
func ToSlice[T Element](t *Tensor) []T {
	info := t.info()
	if want := dtypeOf[T](); DType(info.DType) != want {
		fail("to_slice", fmt.Sprintf("elements are %s, not %s", DType(info.DType), want), t)
	}
	var zero T
	allocate("to_slice", room.Mul(info.NumEl, int64(unsafe.Sizeof(zero))), t)
	out := make([]T, info.NumEl)
	check(shim.ToHost(t.handle(), unsafe.Pointer(unsafe.SliceData(out)), len(out)*int(unsafe.Sizeof(zero))), "to_slice", t)
	return out
}

// Item is the one element of t, from any device. It waits for the device.
func (t *Tensor) Item() float64 {
	v, err := shim.Item(t.handle())
	check(err, "item", t)
	return v
}

// ItemInt is the one element of an integer tensor.
func (t *Tensor) ItemInt() int64 {
	v, err := shim.ItemInt(t.handle())
	check(err, "item", t)
	return v
}

// Zeros makes a tensor of zeros in the scope, float32 on the CPU unless opts say
// otherwise. As with every factory, on a nil Scope the tensor is the caller's to close.
func (s *Scope) Zeros(shape []int64, opts ...Option) *Tensor {
	d, n := dims(shape)
	kind, device := optionsOf("zeros", Float32, opts)
	out := begin()
	lib.AtgZeros(&out.c, d, n, kind, device)
	return out.in(s, "zeros")
}

// Ones makes a tensor of ones.
func (s *Scope) Ones(shape []int64, opts ...Option) *Tensor {
	d, n := dims(shape)
	kind, device := optionsOf("ones", Float32, opts)
	out := begin()
	lib.AtgOnes(&out.c, d, n, kind, device)
	return out.in(s, "ones")
}

// Empty makes a tensor whose elements are whatever the memory held.
func (s *Scope) Empty(shape []int64, opts ...Option) *Tensor {
	d, n := dims(shape)
	kind, device := optionsOf("empty", Float32, opts)
	out := begin()
	lib.AtgEmpty(&out.c, d, n, kind, device)
	return out.in(s, "empty")
}

// EmptyPinned is [Scope.Empty] in page-locked memory of the host, from which a GPU copies
// by itself ([Tensor.ToNonBlocking]); it needs CUDA. The memory of a closed tensor is
// used again only when copies from it have ended.
func (s *Scope) EmptyPinned(shape []int64, dtype DType) *Tensor {
	h, err := shim.EmptyPinned(shape, dtype.c("empty"))
	return wrap(h, err, s, "empty")
}

// Full makes a tensor of one value.
func (s *Scope) Full(shape []int64, v float64, opts ...Option) *Tensor {
	t := s.Empty(shape, opts...)
	if err := Try(func() { t.Fill_(v) }); err != nil {
		t.Close()
		panic(err)
	}
	return t
}

// Rand draws uniformly from [0, 1).
func (s *Scope) Rand(shape []int64, opts ...Option) *Tensor {
	d, n := dims(shape)
	kind, device := optionsOf("rand", Float32, opts)
	out := begin()
	lib.AtgRand(&out.c, d, n, kind, device)
	return out.in(s, "rand")
}

// Randn draws from the normal distribution of mean 0 and deviation 1.
func (s *Scope) Randn(shape []int64, opts ...Option) *Tensor {
	d, n := dims(shape)
	kind, device := optionsOf("randn", Float32, opts)
	out := begin()
	lib.AtgRandn(&out.c, d, n, kind, device)
	return out.in(s, "randn")
}

// RandPerm is a random permutation of 0 … n-1, int64; on the CPU PyTorch's very one.
func (s *Scope) RandPerm(n int64, opts ...Option) *Tensor {
	kind, device := optionsOf("randperm", Int64, opts)
	out := begin()
	lib.AtgRandperm(&out.c, n, kind, device)
	return out.in(s, "randperm")
}

// Arange is 0, 1, … n-1, int64 unless opts say otherwise.
func (s *Scope) Arange(n int64, opts ...Option) *Tensor {
	kind, device := optionsOf("arange", Int64, opts)
	end := lib.AtsInt(n)
	defer lib.AtsFree(end)
	out := begin()
	lib.AtgArange(&out.c, end, kind, device)
	return out.in(s, "arange")
}

// ZerosLike makes zeros of t's shape, dtype, device and memory format, in t's scope.
func ZerosLike(t *Tensor) *Tensor {
	return t.unary("zeros_like", lib.AtgZerosLike)
}

// OnesLike makes ones of t's shape, dtype, device and memory format, in t's scope.
func OnesLike(t *Tensor) *Tensor { return t.unary("ones_like", lib.AtgOnesLike) }

// RandnLike draws from the normal distribution into a tensor of t's shape, dtype, device and memory format, in t's scope.
func RandnLike(t *Tensor) *Tensor { return t.unary("randn_like", lib.AtgRandnLike) }

// Linspace is n numbers from start to end, both included, evenly apart.
func (s *Scope) Linspace(start, end float64, n int64, opts ...Option) *Tensor {
	kind, device := optionsOf("linspace", Float32, opts)
	a, b := lib.AtsFloat(start), lib.AtsFloat(end)
	defer lib.AtsFree(a)
	defer lib.AtsFree(b)
	out := begin()
	lib.AtgLinspace(&out.c, a, b, n, kind, device)
	return out.in(s, "linspace")
}

// Eye is the n×n matrix with ones on its diagonal and zeros elsewhere.
func (s *Scope) Eye(n int64, opts ...Option) *Tensor {
	kind, device := optionsOf("eye", Float32, opts)
	out := begin()
	lib.AtgEye(&out.c, n, kind, device)
	return out.in(s, "eye")
}

// Meshgrid returns, for each of some vectors, its elements over the grid that all of them span, the first along
// dimension 0 (indexing="ij").
func Meshgrid(ts ...*Tensor) []*Tensor {
	return callList("aten::meshgrid.indexing", ts, Kwargs{"indexing": "ij"})
}
