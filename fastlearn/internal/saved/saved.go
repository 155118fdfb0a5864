// Package saved puts lists of numbers into files of PyTorch's and reads them back.
package saved

import (
	"fmt"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Number is a number of 8 bytes.
type Number interface{ float64 | int64 }

// Numbers makes a tensor of values for a file, over their memory.
func Numbers[T Number](values []T) *pth.Tensor {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 8*len(values))
	return pth.NewTensor(pth.DType(dtype[T]()), []int64{int64(len(values))}, bytes)
}

// Load reads what [Numbers] made; f holds the file's tensors.
func Load[T Number](f torch.Holder, v any) (values []T, err error) {
	saved, ok := v.(*pth.Tensor)
	if !ok || saved.DType != pth.DType(dtype[T]()) {
		return nil, fmt.Errorf("want a tensor of %v, got %T", dtype[T](), v)
	}
	s := torch.NewScope()
	defer s.Close()
	t, err := torch.FromPTH(s, f, saved)
	if err != nil {
		return nil, err
	}
	err = torch.Try(func() { values = torch.ToSlice[T](t) })
	return values, err
}

func dtype[T Number]() torch.DType {
	if _, whole := any(T(0)).(int64); whole {
		return torch.Int64
	}
	return torch.Float64
}
