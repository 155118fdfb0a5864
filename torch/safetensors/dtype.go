package safetensors

import (
	"github.com/fastlearn-go/fastlearn/internal/dtype"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// dtypeNamed finds the element type that a header names.
func dtypeNamed(t text) (pth.DType, *Error) {
	for _, d := range dtype.All {
		if d.Safetensors != "" && t.is(d.Safetensors) {
			return pth.DType(d.Code), nil
		}
	}
	switch name := t.String(); name {
	case "F6_E2M3", "F6_E3M2":
		return 0, errorf("its dtype is %s, which PyTorch doesn't have either: in Python, convert it to float8 or float16", name)
	default:
		return 0, errorf("its dtype is %.20q, which the format doesn't have", name)
	}
}

// rank is a dtype's place in the order of writing, -1 if the format lacks it.
func rank(d pth.DType) int {
	for i, t := range dtype.All {
		if t.Code == int8(d) && t.Safetensors != "" {
			return i
		}
	}
	return -1
}

// pairs tells whether an element of a dtype is two numbers, which the format counts one by one in the last dimension.
func pairs(d pth.DType) bool { return d == pth.Float4E2M1FNx2 }
