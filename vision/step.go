package vision

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision/internal/resample"
)

// step is one thing done to a picture: a region is cut out, resized, and turned.
type step struct {
	x, y, w, h int     // the region; where it reaches beyond the picture it is padded
	pad        PadMode // how
	outW, outH int     // what the region is resized to, 0 for its own size
	turn       int     // then: one of the eight of [Image.turn]

	scaled scaled // where the region lies, if the picture was decoded at a part of its size
}

// scaled is where a region lies in a picture at k times its size: seldom on pixels. The step's own x, y, w and h cover it.
type scaled struct {
	k              float64 // 0 for a picture of its own size
	x, y, w, h     float64 // the region
	x0, y0, x1, y1 float64 // the picture's edges: the last pixels may lie beyond in part
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

// eighths is the least scale of a w×h picture at which the region stays three times what it is resized to; at an eighth, where only
// averages of 8×8 pixels are left, four times, and six times where the picture is mirrored at its edges, which lie within a pixel then.
func (s *step) eighths(w, h int) int {
	mirrored := s.pad != Zeros && (s.x < 0 || s.y < 0 || s.x+s.w > w || s.y+s.h > h)
	for e := 8; ; e /= 2 {
		times := 3
		switch {
		case mirrored:
			times = 6
		case e == 2:
			times = 4
		}
		if e == 1 || s.outW == 0 || s.w*e/16 < times*s.outW || s.h*e/16 < times*s.outH {
			return e
		}
	}
}

// scale moves the region from a w×h picture to that picture at eighths/8 of its size.
func (s *step) scale(w, h, eighths int) {
	if eighths == 8 {
		return
	}
	k := float64(eighths) / 8
	s.scaled = scaled{k: k, x: float64(s.x) * k, y: float64(s.y) * k, w: float64(s.w) * k, h: float64(s.h) * k, x1: float64(w) * k, y1: float64(h) * k}
	cover := func(from, length float64) (int, int) {
		first := math.Floor(from)
		return int(first), int(math.Ceil(from+length) - first)
	}
	s.x, s.w = cover(s.scaled.x, s.scaled.w)
	s.y, s.h = cover(s.scaled.y, s.scaled.h)
}

// move makes the point x, y of the picture its corner.
func (s *step) move(x, y int) {
	s.x, s.y = s.x-x, s.y-y
	if f, g := float64(x), float64(y); s.scaled.k > 0 {
		s.scaled.x, s.scaled.x0, s.scaled.x1 = s.scaled.x-f, s.scaled.x0-f, s.scaled.x1-f
		s.scaled.y, s.scaled.y0, s.scaled.y1 = s.scaled.y-g, s.scaled.y0-g, s.scaled.y1-g
	}
}

// scaledSize is a side of a picture at eighths/8 of its size, as libjpeg rounds it.
func scaledSize(n, eighths int) int { return (n*eighths + 7) / 8 }

// within is the part of the region that lies in a w×h picture, as a step that cuts it out.
func (s *step) within(w, h int) step {
	x, y := min(max(s.x, 0), w-1), min(max(s.y, 0), h-1)
	return step{x: x, y: y, w: max(min(s.x+s.w, w)-x, 1), h: max(min(s.y+s.h, h)-y, 1)}
}

// apply does the step to m, into out, whose memory is used again where it suffices.
func (s step) apply(m, out *Image, between *scratch) error {
	if s.x < 0 || s.y < 0 || s.x+s.w > m.W || s.y+s.h > m.H {
		padded := between.image()
		if err := s.padded(m, padded); err != nil {
			return err
		}
		m = padded
		s.move(s.x, s.y)
	}
	to := out
	if s.turn != 0 {
		to = between.image()
	}
	if err := s.cut(m, to); err != nil || s.turn == 0 {
		return err
	}
	return to.turn(s.turn, out)
}

// cut resizes or copies the region, which lies in m.
func (s step) cut(m, to *Image) error {
	if s.outW > 0 && (s.outW != s.w || s.outH != s.h) {
		if err := to.resize(s.outW, s.outH, m.C); err != nil {
			return err
		}
		if at := s.scaled; at.k > 0 {
			return resample.Resize(m.Pix, m.W, m.H, m.C, at.x, at.y, at.w, at.h, to.Pix, to.W, to.H)
		}
		return torch.ResizeUint8(m.Pix, m.H, m.W, m.C, s.x, s.y, s.w, s.h, to.Pix, to.H, to.W)
	}
	if err := to.resize(s.w, s.h, m.C); err != nil {
		return err
	}
	for j := range s.h {
		copy(to.Pix[j*s.w*m.C:][:s.w*m.C], m.Pix[((s.y+j)*m.W+s.x)*m.C:])
	}
	return nil
}

// padded copies the region, which reaches beyond m.
func (s step) padded(m, out *Image) error {
	if err := out.resize(s.w, s.h, m.C); err != nil {
		return err
	}
	at := s.scaled
	if at.k == 0 {
		at = scaled{k: 1, x: float64(s.x), y: float64(s.y), w: float64(s.w), h: float64(s.h), x1: float64(m.W), y1: float64(m.H)}
	}
	columns := sources(s.x, s.w, at.k, max(at.x, at.x0), min(at.x+at.w, at.x1), m.W, s.pad)
	for j, y := range sources(s.y, s.h, at.k, max(at.y, at.y0), min(at.y+at.h, at.y1), m.H, s.pad) {
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
