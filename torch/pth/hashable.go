package pth

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"sync"
)

// hashed stands for a key that Go cannot compare as it is: a tuple, bytes, a big int. It is as short for long keys.
type hashed [sha256.Size]byte

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
	case uint64: // of a numpy scalar
		if k <= math.MaxInt64 {
			return int64(k), true
		}
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int64(k), true
		}
		if k == k {
			return k, true
		}
	case complex128:
		if imag(k) == 0 {
			return hashable(real(k))
		}
	case Scalar:
		return hashable(k.Value)
	}
	return digest(key)
}

// scratch are buffers for digest.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// digest hashes what is more than a number or a string. What is longer than maxKey, be it a few tuples that hold
// one another many times, is called unhashable.
func digest(key any) (any, bool) {
	if keySize(key) > maxKey {
		return nil, false
	}
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	b, ok := appendHash((*buffer)[:0], key)
	if !ok {
		return nil, false
	}
	*buffer = b
	return hashed(sha256.Sum256(b)), true
}

// appendHash writes a key so that keys are equal that Python calls equal, and no others.
func appendHash(b []byte, key any) ([]byte, bool) {
	switch k := key.(type) {
	case Tuple:
		b = append(b, '(')
		for _, item := range k {
			var ok bool
			if b, ok = appendHash(b, item); !ok {
				return nil, false
			}
		}
		return append(b, ')'), true
	case Size:
		b = append(b, '(')
		for _, n := range k {
			b = append(strconv.AppendInt(append(b, 'i'), n, 10), ',')
		}
		return append(b, ')'), true
	case string:
		return append(appendLength(b, 's', len(k)), k...), true
	case []byte:
		return append(appendLength(b, 'b', len(k)), k...), true
	case *big.Int:
		b = appendLength(b, 'I', k.Sign()*len(k.Bits()))
		for _, word := range k.Bits() {
			b = binary.LittleEndian.AppendUint64(b, uint64(word))
		}
		return b, true
	case uint64:
		if k > math.MaxInt64 {
			return appendHash(b, new(big.Int).SetUint64(k))
		}
	case complex128:
		if imag(k) != 0 {
			return fmt.Appendf(b, "c%v,", k), true
		}
	case float64:
		if k != k {
			return append(b, "nan"...), true
		}
	case *Tensor, *Storage, *Object:
		return fmt.Appendf(b, "%p,", k), true
	case *global:
		return fmt.Appendf(b, "g%s.%s,", k.module, k.name), true
	case *numpyType:
		return appendHash(b, k.name())
	case *Set:
		return k.appendHash(b)
	case Scalar:
		return appendHash(b, k.Value)
	case nil, bool, int, int64, DType, Device, Layout, NumpyDType:
	default:
		return nil, false
	}
	h, _ := hashable(key)
	if n, isInt := h.(int64); isInt {
		return append(strconv.AppendInt(append(b, 'i'), n, 10), ','), true
	}
	return fmt.Appendf(b, "%T %v,", h, h), true
}

// appendHash writes a frozenset, whose items are in no order.
func (s *Set) appendHash(b []byte) ([]byte, bool) {
	if !s.Frozen {
		return nil, false
	}
	items := make([][]byte, len(s.Items))
	for i, item := range s.Items {
		var ok bool
		if items[i], ok = appendHash(nil, item); !ok {
			return nil, false
		}
	}
	slices.SortFunc(items, bytes.Compare)
	b = append(b, '{')
	for _, item := range items {
		b = append(b, item...)
	}
	return append(b, '}'), true
}

// isHashed tells whether a value is of a kind that hashable refuses only where it is too long.
func isHashed(key any) bool {
	switch k := key.(type) {
	case Tuple, Size, []byte, *big.Int:
		return true
	case *Set:
		return k.Frozen
	}
	return false
}

func appendLength(b []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(b, kind), int64(n), 10), ':')
}

// canonicalKey is the type in which a dict keeps and lists a key.
func canonicalKey(key any) any {
	if k, ok := key.(int); ok {
		return int64(k)
	}
	return key
}

// keyPrice is what hashing a key costs: strings are quick, tuples are slow.
func keyPrice(key any) int {
	if s, ok := key.(string); ok {
		return len(s)/8 + 1
	}
	return 4 * keySize(key)
}

// maxKey is the size of a dict's key that is not a plain string: of bytes, or of a tuple with all that is in it.
const maxKey = 1 << 12

// keySize is about how many bytes hashing a key goes through; what is beyond maxKey is not counted.
func keySize(key any) int {
	switch k := key.(type) {
	case string:
		return len(k)
	case []byte:
		return len(k)
	case *big.Int:
		return k.BitLen()/8 + 1
	case Size:
		return 8 * len(k)
	case Scalar:
		return keySize(k.Value)
	case Tuple:
		return keysSize(k)
	case *Set:
		return keysSize(k.Items)
	}
	return 8
}

func keysSize(items []any) int {
	n := 8
	for _, item := range items {
		if n += keySize(item); n > maxKey {
			break
		}
	}
	return n
}

// unhashable is the error of a key that hashable refuses.
func unhashable(key any, what string) error {
	err := errorf("a %s cannot be %s, or is too long for it", describe(key), what)
	err.odd = isHashed(key)
	return err
}
