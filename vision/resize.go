package vision

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// ResizeMethod says what becomes of a picture of another shape than the target's.
type ResizeMethod int

// The methods of fastai's ResizeMethod.
const (
	Crop   ResizeMethod = iota // cut off what is too long: anywhere in training, evenly in validation
	Squish                     // squeeze it
	Pad                        // fill what is too short
)

// PadMode says what fills a picture beyond its edges.
type PadMode int

// The modes of fastai's PadMode.
const (
	Reflection PadMode = iota
	Border
	Zeros
)

func (p PadMode) check() error {
	if p < Reflection || p > Zeros {
		return fmt.Errorf("Padding(%d): want Reflection, Border or Zeros", p)
	}
	return nil
}

// Method sets how the shape is made to fit (default [Crop]).
func Method(m ResizeMethod) ResizeOption { return methodOption(m) }

type methodOption ResizeMethod

func (m methodOption) resize(r *resizeTfm) { r.method = ResizeMethod(m) }

type resizeTfm struct {
	w, h   int
	method ResizeMethod
	pad    PadMode
	bad    error // an option that is nil
}

// Resize makes every picture size×size pixels, as PIL's bilinear (fastai's Resize).
func Resize(size int, opts ...ResizeOption) ItemTransform { return ResizeTo(size, size, opts...) }

// ResizeTo makes every picture w×h pixels.
func ResizeTo(w, h int, opts ...ResizeOption) ItemTransform {
	r := &resizeTfm{w: w, h: h}
	r.bad = guard.Options("Resize", opts, func(o ResizeOption) { o.resize(r) })
	return r
}

func (r *resizeTfm) Order() int               { return 1 }
func (r *resizeTfm) Size(int, int) (int, int) { return r.w, r.h }

func (r *resizeTfm) Check() error {
	if r.method < Crop || r.method > Pad {
		return fmt.Errorf("Resize: Method(%d): want Crop, Squish or Pad", r.method)
	}
	return errors.Join(r.bad, checkSize("Resize", r.w, r.h), r.pad.check())
}

func checkSize(name string, w, h int) error {
	if w < 1 || h < 1 {
		return fmt.Errorf("%s: the size %d×%d: want 1 or more pixels", name, w, h)
	}
	if _, err := pixelBytes(w, h, 3); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *resizeTfm) Plan(w, h int, rng *rand.Rand, split Split) []Step {
	s := Step{W: w, H: h, OutW: r.w, OutH: r.h, Pad: r.pad}
	if r.method == Squish {
		return []Step{s}
	}
	px, py := 0.5, 0.5
	if split == Train {
		px, py = rng.Float64(), rng.Float64()
	}
	mx, my := float64(w)/float64(r.w), float64(h)/float64(r.h)
	m := min(mx, my)
	if r.method == Pad {
		m = max(mx, my)
	}
	s.W, s.H = max(int(m*float64(r.w)), 1), max(int(m*float64(r.h)), 1)
	s.X, s.Y = int(px*float64(w-s.W)), int(py*float64(h-s.H))
	return []Step{s}
}

// RatioResize makes the longer side of every picture size pixels and keeps its shape
// (fastai's RatioResize, but for what is cut off where the sides don't divide: the middle
// is kept, and not a random part). Pictures of a batch then need a further transform that
// makes them alike.
func RatioResize(size int) ItemTransform { return ratioResize(size) }

type ratioResize int

func (r ratioResize) Order() int   { return 1 }
func (r ratioResize) Check() error { return checkSize("RatioResize", int(r), 1) }

func (r ratioResize) Plan(w, h int, _ *rand.Rand, _ Split) []Step {
	long, out := max(w, h), resizeTfm{}
	out.w, out.h = max(w*int(r)/long, 1), max(h*int(r)/long, 1)
	return out.Plan(w, h, nil, Valid) // which may cut off part of a pixel's width
}
