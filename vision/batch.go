package vision

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// BatchTransform changes a whole batch, N×C×H×W float32, on its device.
type BatchTransform interface {
	// order is the transform's place among the others, as fastai numbers them.
	order() int
	// check tells what is wrong with the transform's arguments.
	check() error
	// apply returns the new batch, which may be x itself, changed.
	apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor
}

// BatchTransforms are the transforms of a batch, in fastai's order, those that move
// pixels put together so that pictures are sampled once for all of them, and those of
// light likewise (fastai's setup_aug_tfms).
type BatchTransforms struct{ tfms []BatchTransform }

// Batch puts transforms of a batch together.
func Batch(tfms ...BatchTransform) BatchTransforms { return BatchTransforms{}.With(tfms...) }

// With adds transforms.
func (b BatchTransforms) With(tfms ...BatchTransform) BatchTransforms {
	all := slices.Clone(b.tfms)
	for _, t := range tfms {
		all = compose(all, t)
	}
	slices.SortStableFunc(all, func(a, b BatchTransform) int { return a.order() - b.order() })
	return BatchTransforms{all}
}

// compose adds t, joining it to the one of its kind where there is one.
func compose(all []BatchTransform, t BatchTransform) []BatchTransform {
	for i, have := range all {
		switch have := have.(type) {
		case *affineTfm:
			if t, ok := t.(*affineTfm); ok {
				all[i] = have.join(t)
				return all
			}
		case *lightingTfm:
			if t, ok := t.(*lightingTfm); ok {
				all[i] = &lightingTfm{append(slices.Clone(have.draws), t.draws...), errors.Join(have.bad, t.bad)}
				return all
			}
		}
	}
	return append(all, t)
}

// Check tells what is wrong with the transforms' arguments, before any picture is read.
func (b BatchTransforms) Check() error {
	for _, t := range b.tfms {
		if err := t.check(); err != nil {
			return fmt.Errorf("vision: %w", err)
		}
	}
	return nil
}

// HasNormalize tells whether the batch is normalised.
func (b BatchTransforms) HasNormalize() bool {
	return slices.ContainsFunc(b.tfms, func(t BatchTransform) bool { _, ok := t.(*normalize); return ok })
}

// Apply turns a uint8 batch, N×C×H×W in any memory format, into float32 from 0 to 1
// and transforms it. The result lives in x's scope; x and what lies between are closed.
func (b BatchTransforms) Apply(x *torch.Tensor, rng *rand.Rand, split Split) *torch.Tensor {
	y := x.To(torch.Float32)
	x.Close()
	y = replace(y, y.Contiguous()).MulScalar_(1.0 / 255)
	for _, t := range b.tfms {
		y = replace(y, t.apply(y, rng, split))
	}
	return y
}

// replace closes x unless y is the very same, and returns y.
func replace(x, y *torch.Tensor) *torch.Tensor {
	if x != y {
		x.Close()
	}
	return y
}

// draw is uniform in lo … hi with probability p, else neutral.
func draw(rng *rand.Rand, p, lo, hi, neutral float64) float64 {
	v := lo + rng.Float64()*(hi-lo)
	if rng.Float64() < p {
		return v
	}
	return neutral
}
