package data

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/vision"
)

// dataset is items by their parts: inputs, of which the first is a picture, and targets.
type dataset struct {
	parts  []part
	inputs int           // how many of the parts
	places []int         // of the items among those of the data block; nil if they are of none
	cache  *vision.Cache // of pictures and masks
	memory source        // of the one picture, where it lies in memory; nil where pictures are on disk
}

// A source reads and transforms a picture that lies in memory.
type source func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error

func fromBytes(file []byte) source {
	return func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error {
		return r.ReadBytes(file, rng, split, m)
	}
}

func fromImage(src image.Image) source {
	return func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error {
		return r.ReadImage(src, rng, split, m)
	}
}

// files are those of the first picture of each item.
func (d *dataset) files() []string { return d.parts[0].sources }

// target is the first target.
func (d *dataset) target() *part { return &d.parts[d.inputs] }

// further tells of the parts beyond one input and one target.
func (d *dataset) further() (all []string) {
	if len(d.parts) == 2 && d.target().Kind == vision.Values {
		return nil
	}
	for i, p := range d.parts[1:] {
		all = append(all, d.role(i+1)+" "+p.identity())
	}
	return all
}

// role is what part k is to the model.
func (d *dataset) role(k int) string {
	if k < d.inputs {
		return "input"
	}
	return "target"
}

// readers makes a reader for each part that is a file.
func (d *dataset) readers(tfms vision.ItemTransforms) []*vision.Reader {
	all := make([]*vision.Reader, len(d.parts))
	for i, p := range d.parts {
		if p.isFile() {
			decoder := p.Decoder
			decoder.Cache = d.cache
			all[i] = &vision.Reader{Decoder: decoder, Tfms: tfms, Mask: p.Kind == vision.Mask}
		}
	}
	return all
}

// read decodes and transforms an item into place i of a slot. Each of its parts has the same draws.
func (d *dataset) read(readers []*vision.Reader, item int, rng func() *rand.Rand, split vision.Split, s *slot, i int) error {
	if d.memory != nil {
		if err := d.memory(readers[0], rng(), split, &s.parts[0].images[i]); err != nil {
			return fmt.Errorf("picture %s: %w", d.files()[item], err)
		}
		return nil
	}
	for k, p := range d.parts {
		switch {
		case p.sources == nil:
		case p.isFile():
			m := &s.parts[k].images[i]
			if err := readers[k].Read(p.sources[item], rng(), split, m); err != nil {
				return d.ofPart(k, item, err)
			}
			if err := p.checkMask(m); err != nil {
				return d.ofPart(k, item, fmt.Errorf("the mask %s: %w", p.sources[item], err))
			}
		case p.Kind == vision.Points:
			s.parts[k].points[i] = readers[0].MovePoints(p.values[item])
		}
	}
	return nil
}

// ofPart adds to an error about another part than the picture whose part it is.
func (d *dataset) ofPart(k, item int, err error) error {
	switch {
	case k == 0:
		return err
	case k < d.inputs:
		return fmt.Errorf("another input of %s: %w", d.files()[item], err)
	}
	return fmt.Errorf("the target of %s: %w", d.files()[item], err)
}
