package safetensors

import "github.com/fastlearn-go/fastlearn/torch/pth"

// A dtype is an element type with its name in the format.
type dtype struct {
	name string
	pth.DType
}

// dtypes are the element types, in the order in which the library writes their tensors.
var dtypes = []dtype{
	{"U64", pth.Uint64},
	{"I64", pth.Int64},
	{"F64", pth.Float64},
	{"C64", pth.Complex64},
	{"F32", pth.Float32},
	{"U32", pth.Uint32},
	{"I32", pth.Int32},
	{"BF16", pth.BFloat16},
	{"F16", pth.Float16},
	{"U16", pth.Uint16},
	{"I16", pth.Int16},
	{"F8_E5M2FNUZ", pth.Float8E5M2FNUZ},
	{"F8_E4M3FNUZ", pth.Float8E4M3FNUZ},
	{"F8_E8M0", pth.Float8E8M0FNU},
	{"F8_E4M3", pth.Float8E4M3FN},
	{"F8_E5M2", pth.Float8E5M2},
	{"I8", pth.Int8},
	{"U8", pth.Uint8},
	{"BOOL", pth.Bool},
}

// dtypeNamed finds the element type that a header names.
func dtypeNamed(t text) (pth.DType, *Error) {
	for _, d := range dtypes {
		if t.is(d.name) {
			return d.DType, nil
		}
	}
	switch name := t.String(); name {
	case "F4", "F6_E2M3", "F6_E3M2":
		return 0, errorf("its dtype is %s, of less than a byte an element, which is not read: in Python, convert it to float8 or float16", name)
	default:
		return 0, errorf("its dtype is %.20q, which the format doesn't have", name)
	}
}

// rank is a dtype's place in dtypes, -1 if the format lacks it.
func rank(d pth.DType) int {
	for i := range dtypes {
		if dtypes[i].DType == d {
			return i
		}
	}
	return -1
}
