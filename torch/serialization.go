package torch

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/room"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A Holder keeps the bytes that its tensors look at until release is called: an open file
// of the packages pth, safetensors or checkpoint.
type Holder interface{ Hold() (release func()) }

// maxDims is the number of dimensions that the shim describes.
const maxDims = len(shim.Info{}.Sizes)

// FromPTH makes a tensor in scope s over the bytes that f holds, without a copy where
// they lie aligned. Writing to the tensor never reaches the file. The bytes stay as
// long as a tensor needs them, also after f is closed.
func FromPTH(s *Scope, f Holder, t *pth.Tensor) (out *Tensor, err error) {
	if err := guard.Given("torch.FromPTH", f, t); err != nil {
		return nil, err
	}
	dtype := DType(t.DType)
	size := int64(dtype.Size())
	err = Try(func() {
		check(t.Check(), "load")
		switch {
		case size == 0:
			fail("load", "tensors of dtype "+t.DType.String()+" are not supported")
		case len(t.Shape) > maxDims:
			fail("load", fmt.Sprintf("tensors of more than %d dimensions are not supported, this one has %d", maxDims, len(t.Shape)))
		case t.Len() == 0:
			out = s.With(dtype, CPU).Empty(t.Shape...)
			return
		}
		data := unsafe.Pointer(&t.Storage.Data[t.Offset*size])
		if uintptr(data)%uintptr(size) == 0 && !t.Conj && !t.Neg {
			release := f.Hold()
			out = fromMemory(s, data, dtype, t.Shape, t.Stride, &shim.Memory{Release: func() { release(); runtime.KeepAlive(t.Storage) }})
			return
		}
		bytes, err := t.Bytes(t.Limit())
		check(err, "load")
		h, err := shim.FromData(unsafe.Pointer(&bytes[0]), t.Shape, int(dtype), CPU.Index())
		out = wrap(h, err, s, "load")
	})
	return out, err
}

// ToPTH describes t for [pth.WriteFile]. The memory of a CPU tensor that is contiguous, or has
// its channels last, is not copied: what is written to t before the file is lands in the file. The description holds
// that memory itself, whatever becomes of t, until it is forgotten or released by [pth.Dict.Release].
func ToPTH(t *Tensor) (out *pth.Tensor, err error) {
	err = Try(func() {
		info := t.info()
		dtype := pth.DType(info.DType)
		if info.CUDA < 0 && (info.Contiguous || info.IsChannelsLast) {
			memory := t.bytes("save")
			release, err := shim.Hold(t.handle())
			check(err, "save", t)
			out = pth.NewNative(dtype, t.Shape(), memory, release)
			if !info.Contiguous {
				out.Stride = t.Strides() // as torch.save keeps them
			}
			return
		}
		data := make([]byte, allocate("save", room.Mul(info.NumEl, int64(dtype.Size())), t))
		check(shim.ToHost(t.handle(), unsafe.Pointer(unsafe.SliceData(data)), len(data)), "save", t)
		out = pth.NewTensor(dtype, t.Shape(), data)
	})
	runtime.KeepAlive(t)
	return out, err
}

// CopyPTH copies a tensor that was read, of which f is the file, into one of the same shape.
func CopyPTH(into *Tensor, f Holder, v any) error {
	s := NewScope()
	defer s.Close()
	saved, ok := v.(*pth.Tensor)
	if !ok {
		return fmt.Errorf("want a tensor, got %T", v)
	}
	t, err := FromPTH(s, f, saved)
	if err != nil {
		return err
	}
	if a, b := fmt.Sprint(t.Shape()), fmt.Sprint(into.Shape()); a != b {
		return fmt.Errorf("want a tensor of shape %s, got %s", b, a)
	}
	return Try(func() { NoGrad(func() { into.Copy_(t) }) })
}
