package vision

import "github.com/fastlearn-go/fastlearn/torch"

// step is one thing done to a picture: a region is cut out, resized, and turned.
type step struct {
	x, y, w, h int     // the region; where it reaches beyond the picture it is padded
	pad        PadMode // how
	outW, outH int     // what the region is resized to, 0 for its own size
	turn       int     // then: one of the eight of [Image.turn]
}

// whole is the step that changes nothing of a w×h picture.
func whole(w, h int) step { return step{w: w, h: h} }

// size is what the step leaves.
func (s *step) size() (w, h int) {
	w, h = s.w, s.h
	if s.outW > 0 {
		w, h = s.outW, s.outH
	}
	if s.turn >= 3 && s.turn != 4 {
		return h, w
	}
	return w, h
}

// eighths is the least scale at which the region stays twice what it is resized to.
func (s *step) eighths() int {
	e := 8
	for s.outW > 0 && e > 1 && s.w*e/16 >= 2*s.outW && s.h*e/16 >= 2*s.outH {
		e /= 2
	}
	return e
}

// scale moves the region from a w×h picture to that picture at eighths/8 of its size.
func (s *step) scale(w, h, eighths int) {
	if eighths == 8 {
		return
	}
	axis := func(from, n, size int) (int, int) {
		to := from + n
		at := func(i int) int {
			if i == size {
				return scaledSize(size, eighths)
			}
			return (i*eighths + 4) / 8
		}
		return at(from), max(at(to)-at(from), 1)
	}
	s.x, s.w = axis(s.x, s.w, w)
	s.y, s.h = axis(s.y, s.h, h)
}

// scaledSize is a side of a picture at eighths/8 of its size, as libjpeg rounds it.
func scaledSize(n, eighths int) int { return (n*eighths + 7) / 8 }

// within is the part of the region that lies in a w×h picture, as a step that cuts it out.
func (s *step) within(w, h int) step {
	x, y := min(max(s.x, 0), w-1), min(max(s.y, 0), h-1)
	return step{x: x, y: y, w: max(min(s.x+s.w, w)-x, 1), h: max(min(s.y+s.h, h)-y, 1)}
}

// apply does the step to m, into out, whose memory is used again where it suffices.
func (s *step) apply(m, out *Image, between *scratch) error {
	x, y := s.x, s.y
	if x < 0 || y < 0 || x+s.w > m.W || y+s.h > m.H {
		padded := between.image()
		if err := s.padded(m, padded); err != nil {
			return err
		}
		m, x, y = padded, 0, 0
	}
	to := out
	if s.turn != 0 {
		to = between.image()
	}
	if err := s.cut(m, x, y, to); err != nil || s.turn == 0 {
		return err
	}
	return to.turn(s.turn, out)
}

// cut resizes or copies the region, which lies in m at x, y.
func (s *step) cut(m *Image, x, y int, to *Image) error {
	if s.outW > 0 && (s.outW != s.w || s.outH != s.h) {
		if err := to.resize(s.outW, s.outH, m.C); err != nil {
			return err
		}
		return torch.ResizeUint8(m.Pix, m.H, m.W, m.C, x, y, s.w, s.h, to.Pix, to.H, to.W)
	}
	if err := to.resize(s.w, s.h, m.C); err != nil {
		return err
	}
	for j := range s.h {
		copy(to.Pix[j*s.w*m.C:][:s.w*m.C], m.Pix[((y+j)*m.W+x)*m.C:])
	}
	return nil
}

// padded copies the region, which reaches beyond m.
func (s *step) padded(m, out *Image) error {
	in := s.within(m.W, m.H) // what is reflected is the part, as PIL crops first
	if err := out.resize(s.w, s.h, m.C); err != nil {
		return err
	}
	for j := range s.h {
		sy := source(s.y+j-in.y, in.h, s.pad)
		for i := range s.w {
			sx := source(s.x+i-in.x, in.w, s.pad)
			if to := out.pixel(i, j); sx < 0 || sy < 0 {
				clear(to)
			} else {
				copy(to, m.pixel(in.x+sx, in.y+sy))
			}
		}
	}
	return nil
}

// source is where pixel i, perhaps beyond 0 … n-1, comes from; -1 for black.
func source(i, n int, mode PadMode) int {
	switch {
	case i >= 0 && i < n:
		return i
	case mode == Zeros:
		return -1
	case mode == Border || n == 1:
		return min(max(i, 0), n-1)
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
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
