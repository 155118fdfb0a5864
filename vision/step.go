package vision

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision/internal/resample"
)

// Step is one thing done to a picture: a region is cut out, resized, turned and edited. The region's W×H pixels are 1×1 or more.
type Step struct {
	X, Y, W, H int                  // the region; where it reaches beyond the picture it is padded
	Pad        PadMode              // how
	OutW, OutH int                  // what the region is resized to, 0×0 for its own size
	Turn       int                  // then: 1 left and right exchanged, 2 top and bottom, 3 a quarter to the left, 4 a half, 5 a quarter to the right, 6 transposed, 7 transverse
	Edit       func(m *Image) error // at last, of pictures but not of masks: changes pixels, not their number; nil leaves them

	nearest bool   // pixels are taken and not averaged: a mask's
	scaled  scaled // where the region lies, if the picture was decoded at a part of its size
}

// check tells what is wrong with a step that a transform planned.
func (s *Step) check() error {
	const far = 1 << 31
	switch {
	case s.W < 1 || s.H < 1 || s.W > far || s.H > far || s.X < -far || s.Y < -far || s.X > far || s.Y > far:
		return fmt.Errorf("it planned to cut out %d×%d pixels at %d, %d: want 1×1 or more, and places and sizes below 2^31", s.W, s.H, s.X, s.Y)
	case (s.OutW != 0 || s.OutH != 0) && (s.OutW < 1 || s.OutH < 1):
		return fmt.Errorf("it planned to resize to %d×%d pixels: want 1×1 or more, or 0×0 to leave the size alone", s.OutW, s.OutH)
	case s.Turn < 0 || s.Turn > 7:
		return fmt.Errorf("it planned Turn %d: want 0 to 7", s.Turn)
	}
	return s.Pad.check()
}

// scaled is where a region lies in a picture at k times its size: seldom on pixels. The step's own x, y, w and h cover it.
type scaled struct {
	k              float64 // 0 for a picture of its own size
	x, y, w, h     float64 // the region
	x0, y0, x1, y1 float64 // the picture's edges: the last pixels may lie beyond in part
}

// whole is the step that changes nothing of a w×h picture.
func whole(w, h int) Step { return Step{W: w, H: h} }

// size is what the step leaves.
func (s *Step) size() (w, h int) {
	w, h = s.W, s.H
	if s.OutW > 0 {
		w, h = s.OutW, s.OutH
	}
	if s.Turn >= 3 && s.Turn != 4 {
		return h, w
	}
	return w, h
}

// eighths is the least scale of a w×h picture at which the region stays three times what it is resized to; at an eighth, where only
// averages of 8×8 pixels are left, four times, and six times where the picture is mirrored at its edges, which lie within a pixel then.
func (s *Step) eighths(w, h int) int {
	if s.nearest {
		return 8
	}
	mirrored := s.Pad != Zeros && (s.X < 0 || s.Y < 0 || s.X+s.W > w || s.Y+s.H > h)
	for e := 8; ; e /= 2 {
		times := 3
		switch {
		case mirrored:
			times = 6
		case e == 2:
			times = 4
		}
		if e == 1 || s.OutW == 0 || s.W*e/16 < times*s.OutW || s.H*e/16 < times*s.OutH {
			return e
		}
	}
}

// scale moves the region from a w×h picture to that picture at eighths/8 of its size.
func (s *Step) scale(w, h, eighths int) {
	if eighths == 8 {
		return
	}
	k := float64(eighths) / 8
	s.scaled = scaled{k: k, x: float64(s.X) * k, y: float64(s.Y) * k, w: float64(s.W) * k, h: float64(s.H) * k, x1: float64(w) * k, y1: float64(h) * k}
	cover := func(from, length float64) (int, int) {
		first := math.Floor(from)
		return int(first), int(math.Ceil(from+length) - first)
	}
	s.X, s.W = cover(s.scaled.x, s.scaled.w)
	s.Y, s.H = cover(s.scaled.y, s.scaled.h)
}

// move makes the point x, y of the picture its corner.
func (s *Step) move(x, y int) {
	s.X, s.Y = s.X-x, s.Y-y
	if f, g := float64(x), float64(y); s.scaled.k > 0 {
		s.scaled.x, s.scaled.x0, s.scaled.x1 = s.scaled.x-f, s.scaled.x0-f, s.scaled.x1-f
		s.scaled.y, s.scaled.y0, s.scaled.y1 = s.scaled.y-g, s.scaled.y0-g, s.scaled.y1-g
	}
}

// scaledSize is a side of a picture at eighths/8 of its size, as libjpeg rounds it.
func scaledSize(n, eighths int) int { return (n*eighths + 7) / 8 }

// within is the part of the region that lies in a w×h picture, as a step that cuts it out.
func (s *Step) within(w, h int) Step {
	x, y := min(max(s.X, 0), w-1), min(max(s.Y, 0), h-1)
	return Step{X: x, Y: y, W: max(min(s.X+s.W, w)-x, 1), H: max(min(s.Y+s.H, h)-y, 1)}
}

// apply does the step to m, into out, whose memory is used again where it suffices.
func (s Step) apply(m, out *Image, between *scratch) error {
	if s.X < 0 || s.Y < 0 || s.X+s.W > m.W || s.Y+s.H > m.H {
		padded := between.image()
		if err := s.padded(m, padded); err != nil {
			return err
		}
		m = padded
		s.move(s.X, s.Y)
	}
	to := out
	if s.Turn != 0 {
		to = between.image()
	}
	if err := s.cut(m, to); err != nil {
		return err
	}
	if s.Turn != 0 {
		if err := to.turn(s.Turn, out); err != nil {
			return err
		}
	}
	return s.edit(out)
}

// edit lets the transform change the picture's pixels.
func (s Step) edit(m *Image) error {
	if s.Edit == nil || s.nearest {
		return nil
	}
	was := *m
	if err := guard.Call("Step.Edit", s.Edit, func() error { return s.Edit(m) }); err != nil {
		return err
	}
	if m.W != was.W || m.H != was.H || m.C != was.C || len(m.Pix) != len(was.Pix) {
		return fmt.Errorf("Step.Edit made %d bytes, a picture of %d×%d pixels with %d channels, of %d bytes, %d×%d with %d: it must leave their number alone",
			len(m.Pix), m.W, m.H, m.C, len(was.Pix), was.W, was.H, was.C)
	}
	return nil
}

// cut resizes or copies the region, which lies in m.
func (s Step) cut(m, to *Image) error {
	if s.OutW > 0 && (s.OutW != s.W || s.OutH != s.H) {
		if err := to.resize(s.OutW, s.OutH, m.C); err != nil {
			return err
		}
		switch at := s.scaled; {
		case s.nearest:
			for j := range s.OutH {
				y := s.Y + nearestOf(j, s.H, s.OutH)
				for i := range s.OutW {
					copy(to.pixel(i, j), m.pixel(s.X+nearestOf(i, s.W, s.OutW), y))
				}
			}
			return nil
		case at.k > 0:
			return resample.Resize(m.Pix, m.W, m.H, m.C, at.x, at.y, at.w, at.h, to.Pix, to.W, to.H)
		}
		return torch.ResizeUint8(m.Pix, m.H, m.W, m.C, s.X, s.Y, s.W, s.H, to.Pix, to.H, to.W)
	}
	if err := to.resize(s.W, s.H, m.C); err != nil {
		return err
	}
	for j := range s.H {
		copy(to.Pix[j*s.W*m.C:][:s.W*m.C], m.Pix[((s.Y+j)*m.W+s.X)*m.C:])
	}
	return nil
}

// nearestOf is which of n pixels the i-th of out shows, as PIL's NEAREST.
func nearestOf(i, n, out int) int {
	return min(int((float64(i)+0.5)*float64(n)/float64(out)), n-1)
}

// point moves a point, in pixels from the picture's corner, as the step moves what lies there.
func (s *Step) point(x, y float64) (float64, float64) {
	x, y = x-float64(s.X), y-float64(s.Y)
	w, h := float64(s.W), float64(s.H)
	if s.OutW > 0 {
		x, y = x*float64(s.OutW)/w, y*float64(s.OutH)/h
		w, h = float64(s.OutW), float64(s.OutH)
	}
	switch s.Turn {
	case 1:
		return w - x, y
	case 2:
		return x, h - y
	case 3:
		return y, w - x
	case 4:
		return w - x, h - y
	case 5:
		return h - y, x
	case 6:
		return y, x
	case 7:
		return h - y, w - x
	}
	return x, y
}
