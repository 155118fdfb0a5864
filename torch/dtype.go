package torch

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/dtype"
)

// DType is the type of a tensor's elements. Its values are libtorch's scalar types.
// A DType is also an [Option] of the functions that make tensors.
type DType int8

// The element types, named as PyTorch names them.
const (
	Uint8          DType = 0
	Int8           DType = 1
	Int16          DType = 2
	Int32          DType = 3
	Int64          DType = 4
	Float16        DType = 5
	Float32        DType = 6
	Float64        DType = 7
	Complex32      DType = 8
	Complex64      DType = 9
	Complex128     DType = 10
	Bool           DType = 11
	BFloat16       DType = 15
	Float8E5M2     DType = 23
	Float8E4M3     DType = 24
	Float8E5M2FNUZ DType = 25
	Float8E4M3FNUZ DType = 26
	Uint16         DType = 27
	Uint32         DType = 28
	Uint64         DType = 29
	Float8E8M0FNU  DType = 44
	Float4E2M1FNx2 DType = 45 // two numbers in a byte
)

var dtypes = func() map[DType]dtype.Info {
	all := map[DType]dtype.Info{}
	for _, t := range dtype.All {
		all[DType(t.Code)] = t
	}
	return all
}()

// String returns PyTorch's name, without its "torch.".
func (d DType) String() string {
	if t, ok := dtypes[d]; ok {
		return t.Name
	}
	return fmt.Sprintf("dtype(%d)", int8(d))
}

// Size is the number of bytes of one element.
func (d DType) Size() int { return dtypes[d].Size }

// IsFloatingPoint tells whether d can hold gradients of real numbers.
func (d DType) IsFloatingPoint() bool {
	switch d {
	case Float16, Float32, Float64, BFloat16, Float8E5M2, Float8E4M3, Float8E5M2FNUZ, Float8E4M3FNUZ, Float8E8M0FNU:
		return true
	}
	return false
}

// ParseDType finds the element type of that name, with or without "torch.".
func ParseDType(name string) (DType, error) {
	short := name
	if len(short) > 6 && short[:6] == "torch." {
		short = short[6:]
	}
	for d, t := range dtypes {
		if t.Name == short {
			return d, nil
		}
	}
	return 0, fmt.Errorf("torch: no dtype is named %q", name)
}

// c is d for C++, which ends the process on what isn't a dtype.
func (d DType) c(op string) int {
	if _, ok := dtypes[d]; !ok {
		fail(op, fmt.Sprintf("%s: there is no such dtype", d))
	}
	return int(d)
}

func (d DType) set(o options) options {
	o.dtype, o.typed = d, true
	return o
}
