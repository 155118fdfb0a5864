package pth

import (
	"fmt"
	"math"
	"math/big"
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
	case *global:
		return hashed("class " + k.String()), true
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
		return hashed("bytes " + string(k)), len(k) <= maxKey
	case *big.Int:
		return hashed("int " + k.Text(16)), true
	case Scalar:
		return hashable(k.Value)
	case Size, Tuple:
		// One of more than maxKey bytes, which may be a few that hold one another many times, is called unhashable.
		if keySize(k) > maxKey {
			return nil, false
		}
		b, ok := appendHash(nil, k)
		return hashed(b), ok
	}
	return nil, false
}

// appendHash writes a tuple's items one behind another: numbers and texts with their types and lengths.
func appendHash(b []byte, key any) ([]byte, bool) {
	switch k := key.(type) {
	case Size:
		b = append(b, '(')
		for _, n := range k {
			b, _ = appendHash(b, n)
		}
		return append(b, ')'), true
	case Tuple:
		b = append(b, '(')
		for _, item := range k {
			var ok bool
			if b, ok = appendHash(b, item); !ok {
				return nil, false
			}
		}
		return append(b, ')'), true
	case *Tensor, *Storage, *Object:
		return fmt.Appendf(b, "%p,", k), true
	}
	h, ok := hashable(key)
	if !ok {
		return nil, false
	}
	text := fmt.Sprint(h)
	return fmt.Appendf(b, "%T %d:%s,", h, len(text), text), true
}

// canonicalKey is the type in which a dict keeps and lists a key.
func canonicalKey(key any) any {
	if k, ok := key.(int); ok {
		return int64(k)
	}
	return key
}
