package vision

import "math"

// perspective finds the map that takes each of four places to its partner, by the
// eight linear equations of its eight coefficients.
func perspective(from, to [4][2]float64) mat3 {
	var a [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i][0], from[i][1], to[i][0], to[i][1]
		a[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		a[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 {
		pivot := col
		for row := col; row < 8; row++ {
			if math.Abs(a[row][col]) > math.Abs(a[pivot][col]) {
				pivot = row
			}
		}
		a[col], a[pivot] = a[pivot], a[col]
		for row := range 8 {
			if f := a[row][col] / a[col][col]; row != col && f != 0 {
				for k := col; k < 9; k++ {
					a[row][k] -= f * a[col][k]
				}
			}
		}
	}
	m := identity
	for i := range 8 {
		m[i] = a[i][8] / a[i][i]
	}
	return m
}
