package vision

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Reader decodes and transforms pictures one after the other, in memory that it uses
// again. It belongs to one goroutine.
type Reader struct {
	Decoder
	Tfms ItemTransforms
	Mask bool // pixels are the numbers of classes: taken as they are where a picture's would be averaged

	done    []Step // with the picture in hand
	file    []byte // the bytes of the picture in hand
	scratch scratch
}

// Read decodes a file and transforms the picture, into m, whose memory is used again
// where it suffices. Only what the transforms need is decoded. The error names the file.
func (r *Reader) Read(path string, rng *rand.Rand, split Split, m *Image) error {
	if err := guard.Given("vision: Read", r, m); err != nil {
		return err
	}
	err := guarded(func() (err error) {
		if r.Cache != nil {
			return r.readCached(path, rng, split, m)
		}
		if err = diskfile.ReadInto(path, &r.file); err == nil {
			err = r.readBytes(r.file, rng, split, m)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("picture %s: %w", path, diskfile.Cause(err))
	}
	return nil
}

// guarded runs a decoder: a file that makes it panic is bad, and no more than that.
func guarded(decode func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file is damaged: %v", r)
		}
	}()
	return decode()
}

// ReadBytes is [Reader.Read] for a file in memory.
func (r *Reader) ReadBytes(data []byte, rng *rand.Rand, split Split, m *Image) error {
	if err := guard.Given("vision: ReadBytes", r, m); err != nil {
		return err
	}
	return guarded(func() error { return r.readBytes(data, rng, split, m) })
}

func (r *Reader) readBytes(data []byte, rng *rand.Rand, split Split, m *Image) error {
	f, err := r.open(data)
	if err != nil {
		return err
	}
	plan, err := r.plan(f, rng, split)
	if err != nil {
		return err
	}
	return r.decode(f, plan, m)
}

// plan draws what is to be done to a picture, unless it would pad it beyond MaxPixels.
func (r *Reader) plan(f file, rng *rand.Rand, split Split) ([]Step, error) {
	plan, err := r.Tfms.plan(f.w, f.h, rng, split)
	if err == nil {
		err = r.checkPlan(plan)
	}
	for i := range plan {
		plan[i].nearest = r.Mask
	}
	r.done = append(r.done[:0], plan...)
	return plan, err
}

// decode does a plan, decoding what its first step needs.
func (r *Reader) decode(f file, plan []Step, m *Image) error {
	r.scratch.reset()
	if len(plan) == 1 && f.cutsAll(plan[0]) {
		return f.decode(m, &plan[0])
	}
	decoded := r.scratch.image()
	if err := f.decode(decoded, &plan[0]); err != nil {
		return err
	}
	return apply(plan, decoded, m, &r.scratch)
}

// MovePoints moves points, x and y by turns in pixels, as the picture that was read last was moved. What becomes of them is from −1 to 1
// within the picture that came of it (fastai's PointScaler); nil before any was read.
func (r *Reader) MovePoints(points []float64) []float32 {
	if r == nil || len(r.done) == 0 {
		return nil
	}
	out := make([]float32, len(points))
	last := r.done[len(r.done)-1]
	w, h := last.size()
	for i := 0; i+1 < len(points); i += 2 {
		x, y := points[i], points[i+1]
		for k := range r.done {
			x, y = r.done[k].point(x, y)
		}
		out[i], out[i+1] = float32(2*x/float64(w)-1), float32(2*y/float64(h)-1)
	}
	return out
}

// readCached is Read with a cache of whole pictures, as they are at the scale that the
// plan asks for.
func (r *Reader) readCached(path string, rng *rand.Rand, split Split, m *Image) error {
	f, known := r.Cache.file(r.Decoder, path)
	read := func() (err error) {
		if err = diskfile.ReadInto(path, &r.file); err == nil {
			f, err = r.open(r.file)
		}
		return err
	}
	if !known {
		if err := read(); err != nil {
			return err
		}
	}
	plan, err := r.plan(f, rng, split)
	if err != nil {
		return err
	}
	eighths := f.eighths(&plan[0])
	whole := r.Cache.picture(f, path, eighths)
	if whole == nil {
		if known { // at another scale
			if err := read(); err != nil {
				return err
			}
		}
		if !r.Cache.hasRoom(scaledSize(f.w, eighths) * scaledSize(f.h, eighths) * r.Channels()) {
			return r.decode(f, plan, m)
		}
		whole = &Image{}
		if err := f.decodeWhole(whole, eighths); err != nil {
			return err
		}
		r.Cache.keep(f, path, eighths, whole)
	}
	plan[0].scale(f.w, f.h, eighths)
	r.scratch.reset()
	return apply(plan, whole, m, &r.scratch)
}

// Apply transforms a picture that is decoded into m, whose memory is used again where
// it suffices. The picture stays as it is.
func (t ItemTransforms) Apply(picture *Image, rng *rand.Rand, split Split, m *Image) error {
	if err := guard.Given("vision: Apply", picture, m); err != nil {
		return err
	}
	plan, err := t.plan(picture.W, picture.H, rng, split)
	if err != nil {
		return fmt.Errorf("vision: %w", err)
	}
	return apply(plan, picture, m, &scratch{})
}

// apply does a plan's steps to picture, into m.
func apply(plan []Step, picture, m *Image, between *scratch) error {
	for ; len(plan) > 1; plan = plan[1:] {
		next := between.image()
		if err := plan[0].apply(picture, next, between); err != nil {
			return err
		}
		picture = next
	}
	return plan[0].apply(picture, m, between)
}

// scratch are pictures between two steps, whose memory is used again.
type scratch struct {
	images []*Image
	used   int
}

// reset makes all of them free. What a very large picture took is let go.
func (s *scratch) reset() {
	const most = 128 << 20
	s.used = 0
	s.images = slices.DeleteFunc(s.images, func(m *Image) bool { return cap(m.Pix) > most })
}

func (s *scratch) image() *Image {
	if s.used == len(s.images) {
		s.images = append(s.images, &Image{})
	}
	s.used++
	return s.images[s.used-1]
}
