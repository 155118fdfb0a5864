package pth

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// hashed is the form of a key that Go cannot compare as it is: a tuple, bytes, a big int.
type hashed string

// hashable turns a key into a value that Go can compare and that is equal for keys
// that Python calls equal. It is false for keys that Python cannot hash.
func hashable(key any) (any, bool) {
	switch k := key.(type) {
	case string:
		return k, true
	case nil, int64, DType, Device, Layout, NumpyDType, *Tensor, *Storage, *Object:
		return k, true
	case int:
		return int64(k), true
	case bool:
		if k {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int64(k), true
		}
		if k != k {
			return hashed("nan"), true
		}
		return k, true
	case complex128:
		if imag(k) == 0 {
			return hashable(real(k))
		}
		return hashed(fmt.Sprint(k)), true
	case []byte:
		return hashed("bytes " + string(k)), true
	case *big.Int:
		return hashed("int " + k.String()), true
	case Scalar:
		return hashable(k.Value)
	case Size:
		t := make(Tuple, len(k))
		for i, n := range k {
			t[i] = n
		}
		return hashable(t)
	case Tuple:
		return hashTuple(k)
	}
	return nil, false
}

func hashTuple(t Tuple) (any, bool) {
	var b strings.Builder
	for _, item := range t {
		h, ok := hashable(item)
		if !ok {
			return nil, false
		}
		part := fmt.Sprintf("%T %v", h, h)
		fmt.Fprintf(&b, "%d:%s,", len(part), part)
	}
	return hashed("tuple " + b.String()), true
}

// canonicalKey is the type in which a dict keeps and lists a key.
func canonicalKey(key any) any {
	if k, ok := key.(int); ok {
		return int64(k)
	}
	return key
}
