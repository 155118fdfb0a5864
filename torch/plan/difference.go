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

// deviation is the root mean square of the differences of two lists, as a part of the largest of b; what isn't finite is left out.
func deviation(a, b []float64) float64 {
	largest, sum := 0.0, 0.0
	for i, v := range b {
		if d := (a[i] - v) * (a[i] - v); d <= math.MaxFloat64 {
			largest, sum = max(largest, math.Abs(v)), sum+d
		}
	}
	if sum == 0 || largest == 0 {
		return 0
	}
	return math.Sqrt(sum/float64(len(b))) / largest
}
