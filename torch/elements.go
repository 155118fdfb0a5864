package torch

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/internal/room"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
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
	h, err := shim.FromData(unsafe.Pointer(unsafe.SliceData(data)), shape, int(dtypeOf[T]()), unplaced.Index())
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
