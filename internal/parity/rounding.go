package parity

import "math"

// Float64 and Float32 are the distances from 1 to the next number of each dtype.
const (
	Float64 = 0x1p-52
	Float32 = 0x1p-23
)

// Rounding returns how far apart two results may be that add n terms in different orders, as processors and numbers
// of threads do: 4·eps·√n of the largest term. What cancels leaves a small result, not a small error, so largest
// belongs to the terms.
func Rounding(eps float64, n int, largest float64) float64 {
	return 4 * eps * math.Sqrt(float64(n)) * largest
}

// Largest returns the largest magnitude among values.
func Largest(values []float64) float64 {
	m := 0.0
	for _, v := range values {
		m = max(m, math.Abs(v))
	}
	return m
}
