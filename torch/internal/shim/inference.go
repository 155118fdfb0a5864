package shim

// #include "inference.h"
import "C"

import "unsafe"

// ConvGeometry is stride, padding and dilation, two numbers each, and the groups.
type ConvGeometry [7]int64

func (g *ConvGeometry) c() *C.int64_t { return (*C.int64_t)(unsafe.Pointer(g)) }

// HasOneDNN tells whether convolutions can be packed.
func HasOneDNN() bool { return C.fl_has_onednn() != 0 }

// PackConv lays a convolution's weight out as oneDNN wants it for inputs of that shape.
func PackConv(weight Handle, g ConvGeometry, input []int64) (out Handle, err error) {
	p, n := sizes(input)
	err = check(C.fl_pack_conv(&out, weight, g.c(), p, n))
	return out, err
}

// PackedConv convolves x with a weight from PackConv, without gradients.
func PackedConv(x, packed, bias Handle, g ConvGeometry) (out Handle, err error) {
	err = check(C.fl_packed_conv(&out, x, packed, bias, g.c()))
	return out, err
}

// Version counts how often the elements were written in place.
func Version(t Handle) (int64, error) {
	var n C.int64_t
	err := check(C.fl_version(t, &n))
	return int64(n), err
}

// BumpVersion counts a write that libtorch knows nothing of.
func BumpVersion(t Handle) error { return check(C.fl_bump_version(t)) }

// IsSame tells whether two handles are of one tensor.
func IsSame(a, b Handle) bool { return C.fl_is_same(a, b) != 0 }
