package vision

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
)

// LoadFile decodes a file and transforms the picture, into m, whose memory is used
// again where it suffices. Only what the transforms need is decoded. The error names
// the file.
func (t ItemTransforms) LoadFile(d Decoder, path string, rng *rand.Rand, split Split, m *Image) error {
	err := t.loadFile(d, path, rng, split, m)
	if err != nil {
		return fmt.Errorf("picture %s: %w", path, err)
	}
	return nil
}

func (t ItemTransforms) loadFile(d Decoder, path string, rng *rand.Rand, split Split, m *Image) error {
	if d.Cache != nil {
		return t.loadCached(d, path, rng, split, m)
	}
	buffer := fileBuffers.Get().(*[]byte)
	defer fileBuffers.Put(buffer)
	if err := readFile(path, buffer); err != nil {
		return err
	}
	return t.LoadBytes(d, *buffer, rng, split, m)
}

// LoadBytes is LoadFile for a file in memory.
func (t ItemTransforms) LoadBytes(d Decoder, data []byte, rng *rand.Rand, split Split, m *Image) error {
	f, err := d.open(data)
	if err != nil {
		return err
	}
	plan := t.plan(f.w, f.h, rng, split)
	decoded := scratch.Get().(*Image)
	defer scratch.Put(decoded)
	if err := f.decode(decoded, &plan[0]); err != nil {
		return err
	}
	return apply(plan, decoded, m)
}

// loadCached is loadFile with a cache of whole pictures, as they are at the scale that
// the plan asks for.
func (t ItemTransforms) loadCached(d Decoder, path string, rng *rand.Rand, split Split, m *Image) error {
	buffer := fileBuffers.Get().(*[]byte)
	defer fileBuffers.Put(buffer)
	f, known := d.Cache.file(d, path)
	read := func() (err error) {
		if err = readFile(path, buffer); err == nil {
			f, err = d.open(*buffer)
		}
		return err
	}
	if !known {
		if err := read(); err != nil {
			return err
		}
	}
	plan := t.plan(f.w, f.h, rng, split)
	eighths := f.eighths(&plan[0])
	whole := d.Cache.picture(f, path, eighths)
	if whole == nil {
		if known { // at another scale
			if err := read(); err != nil {
				return err
			}
		}
		whole = &Image{}
		if err := f.decodeWhole(whole, eighths); err != nil {
			return err
		}
		d.Cache.keep(f, path, eighths, whole)
	}
	plan[0].scale(f.w, f.h, eighths)
	return apply(plan, whole, m)
}

// Apply transforms a picture that is decoded into m, whose memory is used again where
// it suffices. The picture stays as it is.
func (t ItemTransforms) Apply(picture *Image, rng *rand.Rand, split Split, m *Image) error {
	return apply(t.plan(picture.W, picture.H, rng, split), picture, m)
}

// Sizes draws what the transforms would do to a w×h picture, and tells seen the size that
// each leaves, by its name.
func (t ItemTransforms) Sizes(w, h int, rng *rand.Rand, split Split, seen func(name string, w, h int)) {
	for _, tfm := range t.tfms {
		for _, s := range tfm.plan(w, h, rng, split) {
			w, h = s.size()
		}
		seen(nameOf(tfm), w, h)
	}
}

// plan draws all that is to be done to a w×h picture: one step at least.
func (t ItemTransforms) plan(w, h int, rng *rand.Rand, split Split) []step {
	var plan []step
	for _, tfm := range t.tfms {
		for _, s := range tfm.plan(w, h, rng, split) {
			plan = append(plan, s)
			w, h = s.size()
		}
	}
	if len(plan) == 0 {
		plan = append(plan, whole(w, h))
	}
	return plan
}

// apply does a plan's steps to picture, into m.
func apply(plan []step, picture, m *Image) error {
	for len(plan) > 1 {
		between := scratch.Get().(*Image)
		defer scratch.Put(between)
		if err := plan[0].apply(picture, between); err != nil {
			return err
		}
		picture, plan = between, plan[1:]
	}
	return plan[0].apply(picture, m)
}

// Buffers of files and pictures that are used again.
var (
	fileBuffers = sync.Pool{New: func() any { return new([]byte) }}
	scratch     = sync.Pool{New: func() any { return new(Image) }}
)

// readFile reads a file into *buffer, which grows where it must.
func readFile(path string, buffer *[]byte) error {
	f, err := os.Open(path)
	if pathError, ok := err.(*fs.PathError); ok {
		return pathError.Err // the path is said anyway
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const most = 1 << 30
	if info.Size() > most {
		return fmt.Errorf("the file has %d bytes: a picture may have %d", info.Size(), most)
	}
	*buffer = slices.Grow((*buffer)[:0], int(info.Size()))[:info.Size()]
	_, err = io.ReadFull(f, *buffer)
	return err
}
