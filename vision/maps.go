package vision

import (
	"math"
	"slices"
)

// mat3 maps a place in the output, (x, y, 1) with -1 … 1 from edge to edge, to the
// place in the input that it shows, up to a factor.
type mat3 [9]float64

var identity = mat3{1, 0, 0, 0, 1, 0, 0, 0, 1}

// unmoved are n maps that leave everything where it is.
func unmoved(n int) []mat3 { return slices.Repeat([]mat3{identity}, n) }

func (a mat3) mul(b mat3) (c mat3) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[3*i+j] += a[3*i+k] * b[3*k+j]
			}
		}
	}
	return c
}

// flipMap mirrors for flip 1 and leaves for 0.
func flipMap(flip float64) mat3 { return mat3{1 - 2*flip, 0, 0, 0, 1, 0, 0, 0, 1} }

// dihedralMap is one of the eight ways to lay a picture, numbered as fastai's dihedral_mat.
func dihedralMap(k int) mat3 {
	x := [8]float64{1, -1, 1, -1, -1, 1, 1, -1}[k]
	y := [8]float64{1, 1, -1, 1, -1, -1, 1, -1}[k]
	if k == 3 || k > 4 { // transposed
		return mat3{0, x, 0, y, 0, 0, 0, 0, 1}
	}
	return mat3{x, 0, 0, 0, y, 0, 0, 0, 1}
}

func rotateMap(degrees float64) mat3 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return mat3{cos, sin, 0, -sin, cos, 0, 0, 0, 1}
}

// zoomMap enlarges by zoom about a place that is given as parts of width and height.
func zoomMap(zoom, col, row float64) mat3 {
	s := 1 / zoom
	return mat3{s, 0, (1 - s) * (2*col - 1), 0, s, (1 - s) * (2*row - 1), 0, 0, 1}
}

// warpMap takes the moved corners of a picture back to its corners.
func warpMap(x, y float64) mat3 {
	from := [4][2]float64{{-1 - y, -1 - x}, {-1 + y, 1 + x}, {1 + y, -1 + x}, {1 - y, 1 - x}}
	to := [4][2]float64{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}}
	return perspective(from, to)
}

// cropMap shows a region of a w×h picture; -1 and 1 are the middles of the outermost
// pixels with alignCorners, else the edges.
func cropMap(r region, w, h int, alignCorners bool) mat3 {
	axis := func(from, n, size int) (scale, shift float64) {
		switch {
		case !alignCorners:
			return float64(n) / float64(size), float64(2*from+n)/float64(size) - 1
		case size == 1:
			return 1, 0
		}
		return float64(n-1) / float64(size-1), float64(2*from+n-1)/float64(size-1) - 1
	}
	sx, tx := axis(r.x, r.w, w)
	sy, ty := axis(r.y, r.h, h)
	return mat3{sx, 0, tx, 0, sy, ty, 0, 0, 1}
}

// inverse maps back, up to a factor: the matrix of cofactors, transposed.
func (a mat3) inverse() (b mat3) {
	for i := range 3 {
		for j := range 3 {
			r, s, u, v := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
			b[3*j+i] = a[3*r+u]*a[3*s+v] - a[3*r+v]*a[3*s+u]
		}
	}
	return b
}
