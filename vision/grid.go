package vision

import (
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// grid is where pictures' maps take the pixels of an output. A map's sums fall into a part of the column and one of the row, so that
// only adding and dividing them touch every pixel.
type grid struct {
	all          *numbers
	maps         []mat3
	factors      [9]span
	tilted       bool // some map has a perspective
	alignCorners bool
}

// grid takes the numbers of maps and, since most parts of a batch have them, those of an output of w×h pixels.
func (a *numbers) grid(maps []mat3, w, h int, alignCorners bool) *grid {
	a.places(w, alignCorners)
	a.places(h, alignCorners)
	return &grid{a, maps, a.factors(maps), slices.ContainsFunc(maps, func(m mat3) bool { return m[6] != 0 || m[7] != 0 || m[8] != 1 }), alignCorners}
}

// factors takes each of the nine numbers of maps.
func (a *numbers) factors(maps []mat3) (all [9]span) {
	for k := range all {
		all[k] = column(a, maps, func(m mat3) float64 { return m[k] })
	}
	return all
}

// places lists, N×h×w×2, the places that each picture's map takes the output's pixels to, on x's device.
func (g *grid) places(s *torch.Scope, x *torch.Tensor, w, h int) *torch.Tensor {
	n := int64(len(g.maps))
	columns := g.all.view(s, x, g.all.places(w, g.alignCorners), 1, 1, int64(w))
	rows := g.all.view(s, x, g.all.places(h, g.alignCorners), 1, int64(h), 1)
	factor := func(k int) *torch.Tensor { return g.all.view(s, x, g.factors[k], n, 1, 1) }
	sum := func(k int) *torch.Tensor {
		return factor(k).Mul(columns).Add(factor(k + 1).Mul(rows).Add(factor(k + 2)))
	}
	var z *torch.Tensor
	if g.tilted {
		z = sum(6)
	}
	grid := s.With(x.Device()).Empty(n, int64(h), int64(w), 2)
	for axis := range int64(2) {
		place := sum(3 * int(axis))
		if z != nil {
			place.Div_(z)
		}
		grid.Select(3, axis).Copy_(place)
		place.Close()
	}
	z.Close()
	return grid
}

// spread is the greatest of all places, of w×h outputs, less the least: they lie at corners, so no device is asked.
func (g *grid) spread(w, h int) float64 {
	least, most := float32(math.Inf(1)), float32(math.Inf(-1))
	columns, rows := places(w, g.alignCorners), places(h, g.alignCorners)
	for _, m := range g.maps {
		sign := 0
		for _, x := range []float32{float32(columns[0]), float32(columns[w-1])} {
			for _, y := range []float32{float32(rows[0]), float32(rows[h-1])} {
				sum := func(k int) float32 {
					part := float32(float32(m[k+1])*y) + float32(m[k+2])
					return float32(float32(m[k])*x) + part
				}
				z := float32(1)
				if g.tilted {
					z = sum(6)
				}
				if z > 0 {
					sign++
				} else {
					sign--
				}
				for _, v := range []float32{sum(0) / z, sum(3) / z} {
					least, most = min(least, v), max(most, v)
				}
			}
		}
		if sign != 4 && sign != -4 { // places go to infinity within the picture
			return math.Inf(1)
		}
	}
	return float64(most) - float64(least)
}

// places are those of n pixels in a row, from -1 to 1.
func places(n int, alignCorners bool) []float64 {
	places := make([]float64, n)
	for i := range places {
		switch {
		case !alignCorners:
			places[i] = float64(2*i+1)/float64(n) - 1
		case n > 1:
			places[i] = 2*float64(i)/float64(n-1) - 1
		}
	}
	return places
}
