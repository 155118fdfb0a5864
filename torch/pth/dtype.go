package pth

import "github.com/fastlearn-go/fastlearn/internal/dtype"

// DType is the type of a tensor's elements. Its values are libtorch's scalar types,
// so that it converts to the DType of package torch by a plain conversion.
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
	Float8E4M3FN   DType = 24
	Float8E5M2FNUZ DType = 25
	Float8E4M3FNUZ DType = 26
	Uint16         DType = 27
	Uint32         DType = 28
	Uint64         DType = 29
	Float8E8M0FNU  DType = 44
	Float4E2M1FNx2 DType = 45 // two numbers in a byte
)

// String is PyTorch's name, without its "torch.".
func (d DType) String() string { return d.info().Name }

// Size is the number of bytes of one element, 0 for a value that isn't a DType.
func (d DType) Size() int { return d.info().Size }

func (d DType) info() dtype.Info {
	t, _ := dtype.Of(int8(d))
	return t
}

// quantized are the storages of quantized tensors, as the plain numbers in them.
var quantized = map[string]DType{
	"QInt8Storage": Int8, "QUInt8Storage": Uint8, "QInt32Storage": Int32, "QUInt4x2Storage": Uint8, "QUInt2x4Storage": Uint8,
}

// dtypeOfStorage finds the element type of a typed storage class.
func dtypeOfStorage(class string) (DType, bool) {
	if d, ok := quantized[class]; ok {
		return d, true
	}
	t, ok := dtype.OfStorage(class)
	return DType(t.Code), ok
}

// dtypeNamed finds the element type of that name, without "torch.".
func dtypeNamed(name string) (DType, bool) {
	t, ok := dtype.Named(name)
	return DType(t.Code), ok
}
