// Package dtype has the table of the element types of tensors that files can hold: PyTorch's and safetensors' names for them.
package dtype

// An Info describes an element type.
type Info struct {
	Code        int8   // libtorch's number of its scalar type
	Name        string // PyTorch's name, without "torch."
	Size        int    // bytes of an element
	Storage     string // PyTorch's typed storage class; "" for the newer types, which have none
	Safetensors string // the name in safetensors files; "" for those that can't hold it
}

// All are the element types, in the order in which the safetensors library writes their tensors; then those it lacks.
var All = []Info{
	{29, "uint64", 8, "", "U64"},
	{4, "int64", 8, "LongStorage", "I64"},
	{7, "float64", 8, "DoubleStorage", "F64"},
	{9, "complex64", 8, "ComplexFloatStorage", "C64"},
	{6, "float32", 4, "FloatStorage", "F32"},
	{28, "uint32", 4, "", "U32"},
	{3, "int32", 4, "IntStorage", "I32"},
	{15, "bfloat16", 2, "BFloat16Storage", "BF16"},
	{5, "float16", 2, "HalfStorage", "F16"},
	{27, "uint16", 2, "", "U16"},
	{2, "int16", 2, "ShortStorage", "I16"},
	{25, "float8_e5m2fnuz", 1, "", "F8_E5M2FNUZ"},
	{26, "float8_e4m3fnuz", 1, "", "F8_E4M3FNUZ"},
	{44, "float8_e8m0fnu", 1, "", "F8_E8M0"},
	{24, "float8_e4m3fn", 1, "", "F8_E4M3"},
	{23, "float8_e5m2", 1, "", "F8_E5M2"},
	{1, "int8", 1, "CharStorage", "I8"},
	{0, "uint8", 1, "ByteStorage", "U8"},
	{45, "float4_e2m1fn_x2", 1, "", "F4"}, // two numbers in a byte, which safetensors counts one by one
	{11, "bool", 1, "BoolStorage", "BOOL"},
	{8, "complex32", 4, "", ""},
	{10, "complex128", 16, "ComplexDoubleStorage", ""},
}

// Of returns the element type with libtorch's number.
func Of(code int8) (Info, bool) { return find(func(t Info) bool { return t.Code == code }) }

// Named returns the element type with PyTorch's name, without "torch.".
func Named(name string) (Info, bool) { return find(func(t Info) bool { return t.Name == name }) }

// OfStorage returns the element type of a typed storage class.
func OfStorage(class string) (Info, bool) {
	return find(func(t Info) bool { return t.Storage == class && class != "" })
}

func find(is func(Info) bool) (Info, bool) {
	for _, t := range All {
		if is(t) {
			return t, true
		}
	}
	return Info{Name: "unknown"}, false
}
