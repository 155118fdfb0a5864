package vision

import (
	"cmp"
	"errors"
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

// ItemTransform changes one picture, before it goes into a batch, and the masks and points that belong to it. Nothing is
// decoded when it plans. It may have methods that say more of it:
//
//	Order() int                 its place among the others, in fastai's numbers; that of those that don't tell is 1
//	Check() error               what is wrong with its arguments
//	Size(w, h int) (int, int)   what it leaves of a w×h picture, 0×0 where that isn't known
//	Name() string               what errors and summaries call it, in place of its type
//	Identity() string           its name with its settings, by which a checkpoint knows it
//	Describe() []TfmSpec        what does the same in validation; a learner with one that doesn't tell can't be exported
type ItemTransform interface {
	// Plan draws what is to be done to a w×h picture, step by step; without steps the picture stays as it is. With the same draws it is
	// asked for each part of an item, so that parts of one size are changed alike.
	Plan(w, h int, rng *rand.Rand, split Split) []Step
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
	t.bad = errors.Join(t.bad, inOrder(t.tfms, 1))
	return t
}

// inOrder sorts transforms by their place among the others, without for those that don't tell it.
func inOrder[T any](tfms []T, without int) (err error) {
	type placed struct {
		tfm   T
		order int
	}
	all := make([]placed, len(tfms))
	for i, t := range tfms {
		all[i] = placed{t, without}
		if o, ok := any(t).(interface{ Order() int }); ok {
			err = errors.Join(err, guard.Call("Order", t, func() error { all[i].order = o.Order(); return nil }))
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.order, b.order) })
	for i, p := range all {
		tfms[i] = p.tfm
	}
	return err
}

// checkTfm asks a transform what is wrong with its arguments.
func checkTfm(t any) error {
	c, ok := t.(interface{ Check() error })
	if !ok {
		return nil
	}
	if err := guard.Call("Check", t, c.Check); err != nil {
		return fmt.Errorf("vision: %w", err)
	}
	return nil
}

// Check tells what is wrong with the transforms' arguments, before any picture is read.
func (t ItemTransforms) Check() error {
	if t.bad != nil {
		return fmt.Errorf("vision: %w", t.bad)
	}
	for _, tfm := range t.tfms {
		if err := checkTfm(tfm); err != nil {
			return err
		}
	}
	return nil
}

// Size is the size that the transforms leave, if it is the same for all pictures.
func (t ItemTransforms) Size() (w, h int, fixed bool) {
	for _, tfm := range t.tfms {
		s, ok := tfm.(interface{ Size(w, h int) (int, int) })
		if !ok {
			w, h = 0, 0
			continue
		}
		if guard.Call("Size", tfm, func() error { w, h = s.Size(w, h); return nil }) != nil {
			return 0, 0, false // planning tells
		}
	}
	return w, h, w > 0 && h > 0
}

// Sizes draws what the transforms would do to a w×h picture, and tells seen the size that
// each leaves, by its name.
func (t ItemTransforms) Sizes(w, h int, rng *rand.Rand, split Split, seen func(name string, w, h int)) error {
	for _, tfm := range t.tfms {
		steps, err := planOf(tfm, w, h, rng, split)
		if err != nil {
			return err
		}
		for _, s := range steps {
			w, h = s.size()
		}
		seen(nameOf(tfm), w, h)
	}
	return nil
}

// plan draws all that is to be done to a w×h picture: one step at least.
func (t ItemTransforms) plan(w, h int, rng *rand.Rand, split Split) (plan []Step, err error) {
	for _, tfm := range t.tfms {
		steps, err := planOf(tfm, w, h, rng, split)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			plan = append(plan, s)
			w, h = s.size()
		}
	}
	if len(plan) == 0 {
		plan = append(plan, whole(w, h))
	}
	return plan, nil
}

// planOf asks one transform, and checks what it says.
func planOf(tfm ItemTransform, w, h int, rng *rand.Rand, split Split) (steps []Step, err error) {
	err = guard.Call("Plan", tfm, func() error {
		steps = tfm.Plan(w, h, rng, split)
		return nil
	})
	for i := range steps {
		err = cmp.Or(err, steps[i].check())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(tfm), err)
	}
	return steps, nil
}
