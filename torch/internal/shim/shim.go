// Package shim holds fastlearn's only C++: what gotch's bindings of libtorch lack.
//
// Each function returns its own error, read in the same call that ran the
// operation, so that a goroutine that moves to another thread can't lose it.
// Tensors are gotch's handles: pointers to at::Tensor. A handle that a function
// returns belongs to the caller.
package shim

/*
#cgo CXXFLAGS: -std=c++17 -fvisibility=hidden -Wfatal-errors
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Handle is a pointer to libtorch's at::Tensor, the same as gotch's Ctensor.
type Handle = unsafe.Pointer

func check(msg *C.char) error {
	if msg == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(msg))
	return errors.New(C.GoString(msg))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func list(ts []Handle) (*unsafe.Pointer, C.int) {
	return unsafe.SliceData(ts), C.int(len(ts))
}

func sizes(n []int64) (*C.int64_t, C.int) {
	return (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(n))), C.int(len(n))
}

// Info describes a tensor.
type Info struct {
	DType, CUDA                int
	RequiresGrad, Leaf         bool
	Contiguous, IsChannelsLast bool
	NumEl                      int64
	Dim                        int
	Sizes, Strides             [C.FL_MAX_DIMS]int64
}

// TensorInfo reads everything that describes t in one call.
func TensorInfo(t Handle) (Info, error) {
	var c C.fl_info
	if err := check(C.fl_tensor_info(t, &c)); err != nil {
		return Info{}, err
	}
	info := Info{DType: int(c.dtype), CUDA: int(c.cuda), RequiresGrad: c.requires_grad != 0, Leaf: c.is_leaf != 0,
		Contiguous: c.contiguous != 0, IsChannelsLast: c.channels_last != 0, NumEl: int64(c.numel), Dim: int(c.ndim)}
	for i := range info.Dim {
		info.Sizes[i], info.Strides[i] = int64(c.sizes[i]), int64(c.strides[i])
	}
	return info, nil
}

// FromData copies data into a new tensor.
func FromData(data unsafe.Pointer, shape []int64, dtype, cuda int) (out Handle, err error) {
	p, n := sizes(shape)
	err = check(C.fl_from_data(&out, data, p, n, C.int(dtype), C.int(cuda)))
	return out, err
}

// EmptyPinned makes a tensor in page-locked memory, which needs CUDA.
func EmptyPinned(shape []int64, dtype int) (out Handle, err error) {
	p, n := sizes(shape)
	err = check(C.fl_empty_pinned(&out, p, n, C.int(dtype)))
	return out, err
}

// ToHost copies t's elements, in row-major order, into dst.
func ToHost(t Handle, dst unsafe.Pointer, nbytes int) error {
	return check(C.fl_to_host(t, dst, C.size_t(nbytes)))
}

// Item returns the one element of t.
func Item(t Handle) (float64, error) {
	var v C.double
	err := check(C.fl_item(t, &v))
	return float64(v), err
}

// ItemInt returns the one element of t as an integer.
func ItemInt(t Handle) (int64, error) {
	var v C.int64_t
	err := check(C.fl_item_int(t, &v))
	return int64(v), err
}

// To converts dtype, device and memory format in one call.
func To(out *Handle, t Handle, dtype, cuda, memoryFormat int, nonBlocking, copy bool) error {
	return check(C.fl_to(out, t, C.int(dtype), C.int(cuda), C.int(memoryFormat), flag(nonBlocking), flag(copy)))
}

// Copy copies src's elements into dst.
func Copy(dst, src Handle, nonBlocking bool) error {
	return check(C.fl_copy_(dst, src, flag(nonBlocking)))
}

// SetRequiresGrad turns gradients for the leaf t on or off.
func SetRequiresGrad(t Handle, on bool) error { return check(C.fl_set_requires_grad(t, flag(on))) }

// Storage returns the memory that t is a view of, and where in it, in elements, t begins.
func Storage(t Handle) (data unsafe.Pointer, nbytes int, offset int64, err error) {
	var n C.size_t
	var o C.int64_t
	err = check(C.fl_storage(t, &data, &n, &o))
	return data, int(n), int64(o), err
}

// Hold keeps t's memory until release is called, whatever becomes of t.
func Hold(t Handle) (release func(), err error) {
	var hold unsafe.Pointer
	err = check(C.fl_hold(t, &hold))
	return func() { C.fl_unhold(hold) }, err
}

// AddScalar adds v to every element; out stays untouched when in place.
func AddScalar(out *Handle, t Handle, v float64, integral, inPlace bool) error {
	return check(C.fl_add_scalar(out, t, C.double(v), flag(integral), flag(inPlace)))
}

// MulScalar multiplies every element by v; out stays untouched when in place.
func MulScalar(out *Handle, t Handle, v float64, integral, inPlace bool) error {
	return check(C.fl_mul_scalar(out, t, C.double(v), flag(integral), flag(inPlace)))
}
