package plan

import "math"

var inf = math.Inf(1)

// difference is the largest difference of two lists, as a part of the largest of b.
func difference(a, b []float64) float64 {
	largest, off := 0.0, 0.0
	for i, v := range b {
		if v == a[i] || math.IsNaN(v) && math.IsNaN(a[i]) {
			largest = max(largest, math.Abs(v))
			continue
		}
		d := math.Abs(a[i] - v)
		if math.IsNaN(d) || math.IsInf(v, 0) {
			return inf
		}
		largest, off = max(largest, math.Abs(v)), max(off, d)
	}
	if off == 0 {
		return 0
	}
	return off / largest
}
