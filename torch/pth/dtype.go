package pth

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
)

type dtypeInfo struct {
	dtype   DType
	name    string // as in torch.float32
	size    int    // bytes of an element
	storage string // the typed storage class; "" for the newer types, which have none
}

var dtypes = []dtypeInfo{
	{Uint8, "uint8", 1, "ByteStorage"},
	{Int8, "int8", 1, "CharStorage"},
	{Int16, "int16", 2, "ShortStorage"},
	{Int32, "int32", 4, "IntStorage"},
	{Int64, "int64", 8, "LongStorage"},
	{Float16, "float16", 2, "HalfStorage"},
	{Float32, "float32", 4, "FloatStorage"},
	{Float64, "float64", 8, "DoubleStorage"},
	{Complex32, "complex32", 4, ""},
	{Complex64, "complex64", 8, "ComplexFloatStorage"},
	{Complex128, "complex128", 16, "ComplexDoubleStorage"},
	{Bool, "bool", 1, "BoolStorage"},
	{BFloat16, "bfloat16", 2, "BFloat16Storage"},
	{Float8E5M2, "float8_e5m2", 1, ""},
	{Float8E4M3FN, "float8_e4m3fn", 1, ""},
	{Float8E5M2FNUZ, "float8_e5m2fnuz", 1, ""},
	{Float8E4M3FNUZ, "float8_e4m3fnuz", 1, ""},
	{Uint16, "uint16", 2, ""},
	{Uint32, "uint32", 4, ""},
	{Uint64, "uint64", 8, ""},
	{Float8E8M0FNU, "float8_e8m0fnu", 1, ""},
}

func (d DType) info() dtypeInfo {
	for _, t := range dtypes {
		if t.dtype == d {
			return t
		}
	}
	return dtypeInfo{name: "unknown"}
}

// String is PyTorch's name, without its "torch.".
func (d DType) String() string { return d.info().name }

// Size is the number of bytes of one element, 0 for a value that isn't a DType.
func (d DType) Size() int { return d.info().size }

// quantized are the storages of quantized tensors, as the plain numbers in them.
var quantized = map[string]DType{
	"QInt8Storage": Int8, "QUInt8Storage": Uint8, "QInt32Storage": Int32, "QUInt4x2Storage": Uint8, "QUInt2x4Storage": Uint8,
}

// dtypeOfStorage finds the element type of a typed storage class.
func dtypeOfStorage(class string) (DType, bool) {
	if d, ok := quantized[class]; ok {
		return d, true
	}
	for _, t := range dtypes {
		if t.storage == class && class != "" {
			return t.dtype, true
		}
	}
	return 0, false
}

// dtypeNamed finds the element type of that name, without "torch.".
func dtypeNamed(name string) (DType, bool) {
	for _, t := range dtypes {
		if t.name == name {
			return t.dtype, true
		}
	}
	return 0, false
}
