package vision

import (
	"fmt"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
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

// ResizeOption changes a default of [Resize].
type ResizeOption func(*resizeTfm)

// Method is how the shape is made to fit, [Crop] without it.
func Method(m ResizeMethod) ResizeOption { return func(r *resizeTfm) { r.method = m } }

// Padding is what [Pad] fills with, [Reflection] without it.
func Padding(p PadMode) ResizeOption { return func(r *resizeTfm) { r.pad = p } }

type resizeTfm struct {
	w, h   int
	method ResizeMethod
	pad    PadMode
}

// Resize makes every picture size×size pixels, as PIL's bilinear (fastai's Resize).
func Resize(size int, opts ...ResizeOption) ItemTransform { return ResizeTo(size, size, opts...) }

// ResizeTo makes every picture w×h pixels.
func ResizeTo(w, h int, opts ...ResizeOption) ItemTransform {
	r := &resizeTfm{w: w, h: h}
	for _, opt := range opts {
		opt(r)
	}
	return r
}

func (r *resizeTfm) check() error {
	if r.w < 1 || r.h < 1 {
		return fmt.Errorf("Resize: the size %d×%d: want 1 or more pixels", r.w, r.h)
	}
	return nil
}

func (r *resizeTfm) size() (int, int) { return r.w, r.h }

func (r *resizeTfm) apply(m *Image, rng *rand.Rand, split Split) error {
	px, py := 0.5, 0.5
	if split == Train && r.method != Squish {
		px, py = rng.Float64(), rng.Float64()
	}
	x, y, w, h := r.region(m.W, m.H, px, py)
	if x < 0 || y < 0 || x+w > m.W || y+h > m.H {
		*m = *padded(m, x, y, w, h, r.pad)
		x, y = 0, 0
	}
	if w == m.W && h == m.H && w == r.w && h == r.h {
		return nil
	}
	out := Image{}
	out.resize(r.w, r.h)
	if err := torch.ResizeUint8(m.Pix, m.H, m.W, x, y, w, h, out.Pix, r.h, r.w); err != nil {
		return err
	}
	*m = out
	return nil
}

// region is the part of a picture that is resized, beyond its edges for Pad; px and py
// say where it lies, 0 … 1.
func (r *resizeTfm) region(w, h int, px, py float64) (x, y, cw, ch int) {
	if r.method == Squish {
		return 0, 0, w, h
	}
	mx, my := float64(w)/float64(r.w), float64(h)/float64(r.h)
	m := min(mx, my)
	if r.method == Pad {
		m = max(mx, my)
	}
	cw, ch = int(m*float64(r.w)), int(m*float64(r.h))
	return int(px * float64(w-cw)), int(py * float64(h-ch)), cw, ch
}

// padded copies the region (x, y, w×h), which may reach beyond the picture.
func padded(m *Image, x, y, w, h int, mode PadMode) *Image {
	out := &Image{}
	out.resize(w, h)
	for j := range h {
		sy := source(y+j, m.H, mode)
		for i := range w {
			to := out.Pix[(j*w+i)*3:][:3]
			sx := source(x+i, m.W, mode)
			if sx < 0 || sy < 0 {
				clear(to)
				continue
			}
			copy(to, m.Pix[(sy*m.W+sx)*3:][:3])
		}
	}
	return out
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
