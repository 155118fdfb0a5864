package torch

import (
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// UnsafeBytes is the memory of a contiguous CPU tensor, without a copy. It is valid
// until the tensor's memory is freed: keep the tensor alive, and open, while using it.
// Who writes to it calls UnsafeBytes for it, each time: that the elements may have changed is
// counted in the call (see [Tensor.Version]).
func (t *Tensor) UnsafeBytes() []byte {
	memory := t.bytes()
	check(shim.BumpVersion(t.handle()), "unsafe_bytes", t)
	return memory
}

// bytes is UnsafeBytes for reading.
func (t *Tensor) bytes() []byte {
	info := t.info()
	switch {
	case info.CUDA >= 0:
		fail("unsafe_bytes", "the tensor's memory is on a GPU", t)
	case !info.Contiguous && !info.IsChannelsLast:
		fail("unsafe_bytes", "the tensor is not contiguous", t)
	}
	data, _, offset, err := shim.Storage(t.handle())
	check(err, "unsafe_bytes", t)
	size := int64(DType(info.DType).Size())
	if info.NumEl == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(data, offset*size)), info.NumEl*size)
}

// FromMemory makes a CPU tensor in scope s over memory that is not copied. strides
// count elements, nil for row-major order. release is called once, on any thread,
// when the last tensor that shares the memory is gone; until then the memory must stay.
func FromMemory(s *Scope, data unsafe.Pointer, dtype DType, shape, strides []int64, release func()) *Tensor {
	if strides == nil {
		strides = make([]int64, len(shape))
		n := int64(1)
		for i := len(shape) - 1; i >= 0; i-- {
			strides[i] = n
			n *= shape[i]
		}
	}
	h, err := shim.FromBlob(data, shape, strides, int(dtype), release)
	runtime.KeepAlive(shape)
	return wrap(h, err, s, "from_blob")
}
