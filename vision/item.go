package vision

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// Split tells a transform what the picture is for. Random ones are random in training.
type Split int

// The splits; fastai's split_idx 0 and 1.
const (
	Train Split = iota
	Valid
)

// ItemTransform changes one picture, before it goes into a batch.
type ItemTransform interface {
	// apply changes m, drawing from rng.
	apply(m *Image, rng *rand.Rand, split Split) error
	// check tells what is wrong with the transform's arguments.
	check() error
	// size is what the transform leaves, 0×0 where that depends on the picture.
	size() (w, h int)
}

// ItemTransforms are transforms of one picture, in their order.
type ItemTransforms struct {
	tfms []ItemTransform
	full bool
}

// Item puts transforms of one picture together.
func Item(tfms ...ItemTransform) ItemTransforms { return ItemTransforms{tfms: tfms} }

// FullDecode decodes every picture in full. Without it a JPEG is decoded at 1/2, 1/4
// or 1/8 of its size while that is at least twice the size that the transforms leave:
// several times faster for large photographs. The picture is then up to 3 levels of 255
// away on average where it has fine detail, and a crop may begin half a pixel off.
func (t ItemTransforms) FullDecode() ItemTransforms {
	t.full = true
	return t
}

// Check tells what is wrong with the transforms' arguments, before any picture is read.
func (t ItemTransforms) Check() error {
	for _, tfm := range t.tfms {
		if err := tfm.check(); err != nil {
			return fmt.Errorf("vision: %w", err)
		}
	}
	return nil
}

// Size is the size that the transforms leave, if it is the same for all pictures.
func (t ItemTransforms) Size() (w, h int, fixed bool) {
	for _, tfm := range t.tfms {
		w, h = tfm.size()
	}
	return w, h, w > 0
}

// LoadFile decodes a file and transforms the picture, into m, whose memory is used
// again where it suffices. The error names the file.
func (t ItemTransforms) LoadFile(path string, rng *rand.Rand, split Split, m *Image) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	if err := t.LoadBytes(data, rng, split, m); err != nil {
		return fmt.Errorf("picture %s: %w", path, err)
	}
	return nil
}

// LoadBytes is LoadFile for a file in memory.
func (t ItemTransforms) LoadBytes(data []byte, rng *rand.Rand, split Split, m *Image) error {
	atLeast := 0
	if w, h, fixed := t.Size(); fixed && !t.full {
		atLeast = max(w, h)
	}
	if err := m.decode(data, atLeast); err != nil {
		return err
	}
	for _, tfm := range t.tfms {
		if err := tfm.apply(m, rng, split); err != nil {
			return err
		}
	}
	return nil
}
