package vision

import "math"

// padded copies the region, which reaches beyond m.
func (s Step) padded(m, out *Image) error {
	if err := out.resize(s.W, s.H, m.C); err != nil {
		return err
	}
	at := s.scaled
	if at.k == 0 {
		at = scaled{k: 1, x: float64(s.X), y: float64(s.Y), w: float64(s.W), h: float64(s.H), x1: float64(m.W), y1: float64(m.H)}
	}
	columns := sources(s.X, s.W, at.k, max(at.x, at.x0), min(at.x+at.w, at.x1), m.W, s.Pad)
	for j, y := range sources(s.Y, s.H, at.k, max(at.y, at.y0), min(at.y+at.h, at.y1), m.H, s.Pad) {
		for i, x := range columns {
			if to := out.pixel(i, j); x < 0 || y < 0 {
				clear(to)
			} else {
				copy(to, m.pixel(x, y))
			}
		}
	}
	return nil
}

// sources are the pixels, of size, that n pixels from first on come from; -1 for black. What is mirrored is the part from lo to hi,
// as PIL crops first, at the middle of its outermost pixels, whose size is k.
func sources(first, n int, k, lo, hi float64, size int, mode PadMode) []int {
	at, last := make([]int, n), math.Round((hi-lo)/k)-1
	for i := range at {
		u := (float64(first+i)+0.5-lo)/k - 0.5 // in pixels of the picture at its own size
		switch {
		case u >= 0 && u <= last:
		case mode == Zeros && (u <= -0.5 || u >= last+0.5):
			at[i] = -1
			continue
		case mode != Reflection || last < 1:
			u = min(max(u, 0), last)
		default:
			if u = math.Mod(math.Abs(u), 2*last); u > last {
				u = 2*last - u
			}
		}
		at[i] = min(max(int(lo+(u+0.5)*k), 0), size-1)
	}
	return at
}

// turn writes one of the eight ways to lay the picture into out, numbered as fastai's
// dihedral of a PIL picture: 0 as it is, 1 left and right exchanged, 2 top and bottom,
// 3 a quarter to the left, 4 a half, 5 a quarter to the right, 6 transposed, 7 transverse.
func (m *Image) turn(k int, out *Image) error {
	w, h := m.W, m.H
	if k >= 3 && k != 4 {
		w, h = h, w
	}
	if err := out.resize(w, h, m.C); err != nil {
		return err
	}
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch k {
			case 1:
				sx = m.W - 1 - x
			case 2:
				sy = m.H - 1 - y
			case 3:
				sx, sy = m.W-1-y, x
			case 4:
				sx, sy = m.W-1-x, m.H-1-y
			case 5:
				sx, sy = y, m.H-1-x
			case 6:
				sx, sy = y, x
			case 7:
				sx, sy = m.W-1-y, m.H-1-x
			}
			copy(out.pixel(x, y), m.pixel(sx, sy))
		}
	}
	return nil
}
