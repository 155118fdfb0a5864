package vision

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
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
	// check tells what is wrong with the transform's arguments.
	check() error
	// order is the transform's place among the others, as fastai numbers them.
	order() int
	// plan draws what is to be done to a w×h picture.
	plan(w, h int, rng *rand.Rand, split Split) []step
	// size is what the transform leaves, 0×0 where that depends on the picture.
	size() (w, h int)
}

// ItemTransforms are transforms of one picture, in fastai's order: FlipItem, DihedralItem
// and CropPad come before all others.
type ItemTransforms struct {
	tfms []ItemTransform
	bad  error // a nil among them
}

// Item puts transforms of one picture together.
func Item(tfms ...ItemTransform) ItemTransforms {
	var t ItemTransforms
	t.bad = guard.All("Item", "transform", tfms, func(tfm ItemTransform) { t.tfms = append(t.tfms, tfm) })
	slices.SortStableFunc(t.tfms, func(a, b ItemTransform) int { return a.order() - b.order() })
	return t
}

// Check tells what is wrong with the transforms' arguments, before any picture is read.
func (t ItemTransforms) Check() error {
	if t.bad != nil {
		return fmt.Errorf("vision: %w", t.bad)
	}
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
