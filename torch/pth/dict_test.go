package pth

import (
	"math"
	"math/big"
	"testing"
)

// Keys that Python calls equal are one key, and others are not.
func TestKeysAreEqualAsInPython(t *testing.T) {
	big1, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	big2 := new(big.Int).Set(big1)
	for _, same := range [][]any{
		{1, int64(1), 1.0, true, complex(1, 0), Scalar{"<f4", 1.0}, Scalar{"<i8", int64(1)}},
		{0, false, math.Copysign(0, -1)},
		{Tuple{int64(1), "a"}, Tuple{1.0, "a"}, Tuple{true, "a"}},
		{Size{1, 2}, Tuple{int64(1), int64(2)}},
		{big1, big2},
		{[]byte("ab"), []byte("ab")},
		{nil, nil},
		{Scalar{"|u1", uint64(3)}, int64(3), uint64(3)},
		{Scalar{"<u8", uint64(1 << 63)}, new(big.Int).Lsh(big.NewInt(1), 63)},
	} {
		d := NewDict()
		for _, k := range same {
			d.Set(k, "x")
		}
		if d.Len() != 1 {
			t.Errorf("%v are %d keys", same, d.Len())
		}
	}
	different := []any{int64(1), "1", []byte("1"), 1.5, complex(1, 1), nil, Tuple{}, Tuple{nil}, Tuple{Tuple{}}, Tuple{int64(1)}, Tuple{"1"},
		Tuple{"a", "b"}, Tuple{"a,", "b"}, Tuple{Tuple{"a"}, "b"}, Tuple{"a", Tuple{"b"}}, Tuple{[]byte("a"), "b"}, Tuple{1.5}, Tuple{-1.5}, big1,
		new(big.Int).Neg(big1), Float32, Float64, Tuple{Float32}, Tuple{Float64}, Device{"cpu", -1}, Device{"cuda", 0}, &Object{}, &Object{}, Tuple{&Object{}}}
	d := NewDict()
	for i, k := range different {
		d.Set(k, i)
	}
	for i, k := range different {
		if v, ok := d.Get(k); !ok || v != any(i) {
			t.Errorf("the key %v has %v", k, v)
		}
	}
	for _, k := range []any{NewList(), NewDict(), &Set{}, []int{1}, Tuple{NewList()}, Tuple{struct{}{}}, make(Tuple, 5000), ByteArray{}} {
		if _, ok := d.Get(k); ok {
			t.Errorf("the key %T is found", k)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the key %T is taken", k)
				}
			}()
			d.Set(k, 1)
		}()
	}
}
