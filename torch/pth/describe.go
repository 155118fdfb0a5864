package pth

import (
	"fmt"
	"math/big"
	"strings"
)

// describe names the kind of a value as a Python user would, for messages.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case complex128:
		return "complex"
	case string:
		return "str"
	case []byte:
		return "bytes"
	case ByteArray:
		return "bytearray"
	case *Dict:
		return [...]string{"dict", "OrderedDict", "defaultdict", "Counter", "Namespace"}[v.Kind]
	case *List:
		if v.Fastcore {
			return "fastcore L"
		}
		return "list"
	case Tuple:
		return "tuple"
	case *Set:
		if v.Frozen {
			return "frozenset"
		}
		return "set"
	case Size:
		return "torch.Size"
	case DType:
		return "torch.dtype"
	case Device:
		return "torch.device"
	case Layout:
		return "torch.layout"
	case *Tensor:
		return "tensor"
	case *Storage:
		return "storage"
	case Scalar:
		return "numpy scalar"
	case *Array:
		return "numpy array"
	case NumpyDType:
		return "numpy dtype"
	case *global:
		return v.String()
	case *Object:
		return v.String()
	}
	return fmt.Sprintf("%T", v)
}

func describeAll(vs []any) string {
	names := make([]string, 0, 8)
	for i, v := range vs {
		if i == 8 {
			names = append(names, "…")
			break
		}
		names = append(names, describe(v))
	}
	return strings.Join(names, ", ")
}
