package torch

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/internal/room"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// UnsafeBytes is the memory of a contiguous CPU tensor: what is written to it is written to the tensor, and to all
// that share its memory. The slice may be used as long as it is there, also when the tensor is closed or forgotten:
// the first call copies the memory into Go's heap, where the tensor then has it, too. Memory that [FromMemory] was given stays
// where it is, and is the giver's to keep. [Tensor.WithBytes] copies nothing.
//
// Who writes to it calls UnsafeBytes for it, each time: that the elements may have changed is
// counted in the call (see [Tensor.Version]).
func (t *Tensor) UnsafeBytes() []byte {
	if len(t.bytes("unsafe_bytes")) == 0 {
		return nil
	}
	_, nbytes, _, err := shim.Storage(t.handle())
	check(err, "unsafe_bytes", t)
	allocate("unsafe_bytes", int64(nbytes), t)
	check(shim.ToGo(t.handle(), nbytes), "unsafe_bytes", t)
	check(shim.BumpVersion(t.handle()), "unsafe_bytes", t)
	return t.bytes("unsafe_bytes")
}

// WithBytes runs f with the memory of a contiguous CPU tensor, without a copy. What f writes to it is written to the
// tensor, which the call counts as a write (see [Tensor.Version]). The slice may be used while f runs, and afterwards as
// long as the tensor is kept and not closed.
func (t *Tensor) WithBytes(f func(memory []byte)) {
	memory := t.bytes("with_bytes")
	if f == nil {
		fail("with_bytes", "the function is nil", t)
	}
	check(shim.BumpVersion(t.handle()), "with_bytes", t)
	f(memory)
	runtime.KeepAlive(t)
}

// bytes is t's memory, for a caller that keeps t while it uses it.
func (t *Tensor) bytes(op string) []byte {
	info := t.info()
	switch {
	case info.CUDA >= 0:
		fail(op, "the tensor's memory is on a GPU", t)
	case !info.Contiguous && !info.IsChannelsLast:
		fail(op, "the tensor is not contiguous", t)
	}
	data, nbytes, offset, err := shim.Storage(t.handle())
	check(err, op, t)
	if info.NumEl == 0 {
		return nil
	}
	size := int64(DType(info.DType).Size())
	if data == nil || room.Mul(offset+info.NumEl, size) > int64(nbytes) {
		fail(op, fmt.Sprintf("the tensor reaches beyond its memory of %d bytes", nbytes), t)
	}
	return unsafe.Slice((*byte)(unsafe.Add(data, offset*size)), info.NumEl*size)
}

// FromMemory makes a CPU tensor in scope s over memory that is not copied. strides
// count elements, nil for row-major order. release, unless it is nil, is called once, on any thread,
// when the last tensor that shares the memory is gone, or when FromMemory fails; until then the memory must stay.
func FromMemory(s *Scope, data unsafe.Pointer, dtype DType, shape, strides []int64, release func()) *Tensor {
	return fromMemory(s, data, dtype, shape, strides, &shim.Memory{Release: release, Shared: true})
}

func fromMemory(s *Scope, data unsafe.Pointer, dtype DType, shape, strides []int64, m *shim.Memory) *Tensor {
	if m.Release == nil {
		m.Release = func() {}
	}
	if strides == nil {
		strides = make([]int64, len(shape))
		n := int64(1)
		for i := len(shape) - 1; i >= 0; i-- {
			strides[i] = n
			n *= shape[i]
		}
	}
	problem := ""
	switch n, ok := elements(shape); {
	case !ok:
		problem = fmt.Sprintf("no tensor has the shape %v", shape)
	case len(strides) != len(shape):
		problem = fmt.Sprintf("%d strides for %d dimensions", len(strides), len(shape))
	case dtype.Size() == 0:
		problem = fmt.Sprintf("%s: there is no such dtype", dtype)
	case data == nil && n > 0:
		problem = fmt.Sprintf("nil memory for %d elements", n)
	case n > 0 && !reachable(shape, strides, int64(dtype.Size())):
		problem = fmt.Sprintf("strides %v reach beyond all memory, or are below 0", strides)
	}
	if problem != "" {
		m.Release()
		fail("from_blob", problem)
	}
	h, err := shim.FromBlob(data, shape, strides, int(dtype), m)
	runtime.KeepAlive(shape)
	return wrap(h, err, s, "from_blob")
}

// reachable tells whether the last of a tensor's elements lies less than 2^63 bytes behind its first, and none before it.
func reachable(shape, strides []int64, size int64) bool {
	last := int64(0)
	for i, stride := range strides {
		if stride < 0 {
			return false
		}
		step := room.Mul(shape[i]-1, stride)
		if step >= math.MaxInt64-last {
			return false
		}
		last += step
	}
	return room.Mul(last+1, size) < math.MaxInt64
}

// elements is the number of elements of a tensor of that shape; false where there is no such tensor.
func elements(shape []int64) (n int64, ok bool) {
	n = 1
	empty := false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		if n = room.Mul(n, d); n == math.MaxInt64 {
			return 0, false
		}
	}
	if empty {
		return 0, true
	}
	return n, true
}
