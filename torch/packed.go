package torch

import (
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// HasOneDNN tells whether [PackConv2d] works here: libtorch for x86 has oneDNN.
func HasOneDNN() bool { return shim.HasOneDNN() }

// PackConv2d lays a convolution's weight out as oneDNN wants it for inputs of that shape,
// N×C×H×W; other shapes are right too. Without it oneDNN does so in every call. The result
// is a float32 tensor on the CPU that serves [PackedConv2d] alone, and its caller's to close.
func PackConv2d(weight *Tensor, o Conv2dOptions, input ...int64) *Tensor {
	h, err := shim.PackConv(weight.handle(), geometry(o), input)
	return wrap(h, err, nil, "pack_conv2d", weight)
}

// PackedConv2d is [Conv2d] with a packed weight. It records no gradients.
func PackedConv2d(x, packed, bias *Tensor, o Conv2dOptions) *Tensor {
	h, err := shim.PackedConv(x.handle(), packed.handle(), shim.Handle(bias.opt()), geometry(o))
	return wrap(h, err, x.scope, "packed_conv2d", x, packed, bias)
}

func geometry(o Conv2dOptions) shim.ConvGeometry {
	g := shim.ConvGeometry{1, 1, o.Padding[0], o.Padding[1], 1, 1, max(o.Groups, 1)}
	if o.Stride != [2]int64{} {
		g[0], g[1] = o.Stride[0], o.Stride[1]
	}
	if o.Dilation != [2]int64{} {
		g[4], g[5] = o.Dilation[0], o.Dilation[1]
	}
	return g
}

// Version counts how often t's elements were written in place, by t or by another tensor over
// the same memory (PyTorch's _version). [Tensor.UnsafeBytes] counts as a write.
func (t *Tensor) Version() int64 {
	n, err := shim.Version(t.handle())
	check(err, "version", t)
	return n
}

// IsSame tells whether both are handles of one tensor, as Python's "is".
func (t *Tensor) IsSame(u *Tensor) bool {
	same := shim.IsSame(t.handle(), u.handle())
	runtime.KeepAlive(t)
	runtime.KeepAlive(u)
	return same
}

// SharesMemory tells whether t and u are the same elements of the same memory.
func (t *Tensor) SharesMemory(u *Tensor) bool {
	at := func(t *Tensor) (unsafe.Pointer, int64) {
		data, _, offset, err := shim.Storage(t.handle())
		check(err, "shares_memory", t)
		return data, offset
	}
	a, i := at(t)
	b, j := at(u)
	return a == b && i == j && t.DType() == u.DType() && t.SameLayout(u)
}
