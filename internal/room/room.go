// Package room tells beforehand whether there is room for what is to be allocated: Go's runtime ends the process
// where there is none.
package room

import (
	"fmt"
	"math"
	"math/bits"
)

// checked is from how many bytes on a check is worth its time, some microseconds.
const checked = 64 << 20

// For returns an error if n bytes can't be had: if they are more than the machine, the container or the process's
// limit allows. What others take meanwhile it can't know. An n below 0, or math.MaxInt64, stands for a product that overflowed.
func For(n int64) error {
	if 0 <= n && n < checked {
		return nil
	}
	if most := total(); n < 0 || n > most {
		return fmt.Errorf("it would take %s of memory, and there are %.1f GB", gigabytes(n), float64(most)/(1<<30))
	}
	if !mappable(n) {
		return fmt.Errorf("it would take %s of memory, which the system refuses", gigabytes(n))
	}
	return nil
}

// Product returns the product of numbers of 0 or more, such as sizes, or an error if that many bytes can't be had.
func Product(sizes ...int64) (int64, error) {
	n := int64(1)
	for _, size := range sizes {
		n = Mul(n, size)
	}
	return n, For(n)
}

// Mul returns the product of two numbers of 0 or more, or math.MaxInt64 where that is less.
func Mul(a, b int64) int64 {
	if over, product := bits.Mul64(uint64(a), uint64(b)); over == 0 && product <= math.MaxInt64 {
		return int64(product)
	}
	return math.MaxInt64
}

func gigabytes(n int64) string {
	if n < 0 || n == math.MaxInt64 {
		return "more than 2^63 bytes"
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}
