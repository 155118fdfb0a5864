package room

import (
	"math"
	"testing"
)

func TestFor(t *testing.T) {
	for _, c := range []struct {
		sizes []int64
		room  bool
	}{
		{nil, true}, {[]int64{0}, true}, {[]int64{100, 200, 3}, true}, {[]int64{checked}, true}, {[]int64{-1}, false},
		{[]int64{1 << 20, 1 << 20, 3}, false}, {[]int64{1 << 62, 1 << 62}, false}, {[]int64{math.MaxInt64}, false},
		{[]int64{1 << 62, 1 << 62, 0}, true}, {[]int64{math.MaxInt64, math.MaxInt64, 0}, true},
	} {
		n, err := Product(c.sizes...)
		if (err == nil) != c.room {
			t.Errorf("%v: %d, %v", c.sizes, n, err)
		}
	}
	for _, m := range [][3]int64{{3, 4, 12}, {1 << 31, 1 << 31, 1 << 62}, {1 << 32, 1 << 31, math.MaxInt64}, {1 << 62, 2, math.MaxInt64}} {
		if got := Mul(m[0], m[1]); got != m[2] {
			t.Errorf("%d * %d is %d", m[0], m[1], got)
		}
	}
	if total() < 1<<20 {
		t.Errorf("the machine has %d bytes", total())
	}
}
