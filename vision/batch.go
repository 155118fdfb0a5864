package vision

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// BatchTransform changes a whole batch on its device. [Augment] and [AffineCoord] make one of a function. It may have the methods
// that an [ItemTransform] may have but Size; without Order its place is 90, after all that moves pixels or changes light, and before
// [Normalize].
type BatchTransform interface {
	// Draw draws what is to be done to n pictures of w×h pixels, and returns what does that to each part of the batch: a
	// tensor in the scope of the part's, which it may have changed in place, or the part's own where it leaves that alone. Nil
	// leaves all parts alone.
	Draw(n, w, h int, rng *rand.Rand, split Split) func(p Part) *torch.Tensor
}

// Sampling says how often the transforms that move pixels read the pictures.
type Sampling int

const (
	// SamplingFastai reads as often as fastai does, to the pixel: [AugTransforms] once,
	// a random crop once more.
	SamplingFastai Sampling = iota
	// SamplingOnce puts everything together into one map and reads the pictures once, by
	// the first transform's mode and padding; that is faster and blurs less.
	SamplingOnce
)

// BatchTransforms are the transforms of a batch, in fastai's order.
type BatchTransforms struct {
	tfms     []BatchTransform
	sampling Sampling
	bad      error // what is wrong with options that left no transform
}

// Batch puts transforms of a batch together.
func Batch(tfms ...BatchTransform) BatchTransforms { return BatchTransforms{}.With(tfms...) }

// With adds transforms.
func (b BatchTransforms) With(tfms ...BatchTransform) BatchTransforms {
	b.tfms = slices.Clone(b.tfms)
	b.bad = errors.Join(b.bad, guard.All("Batch", "transform", tfms, func(t BatchTransform) { b.tfms = append(b.tfms, t) }))
	b.bad = errors.Join(b.bad, inOrder(b.tfms, 90))
	return b
}

// Sampled chooses how pictures are read (default [SamplingFastai]).
func (b BatchTransforms) Sampled(s Sampling) BatchTransforms {
	b.sampling = s
	return b
}

// Check tells what is wrong with the transforms' arguments, before any picture is read.
func (b BatchTransforms) Check() error {
	if b.bad != nil {
		return fmt.Errorf("vision: %w", b.bad)
	}
	if b.sampling != SamplingFastai && b.sampling != SamplingOnce {
		return fmt.Errorf("vision: Sampled(%d): want SamplingFastai or SamplingOnce", b.sampling)
	}
	for _, t := range b.tfms {
		if err := checkTfm(t); err != nil {
			return err
		}
		if c, ok := t.(*cropTfm); ok && c.perPicture && b.sampling == SamplingFastai {
			return fmt.Errorf("vision: CropPerPicture needs Sampled(SamplingOnce)")
		}
	}
	return nil
}

// CheckChannels tells which transform can't work on pictures of that many channels.
func (b BatchTransforms) CheckChannels(n int) error {
	for _, t := range b.tfms {
		switch t := t.(type) {
		case *normalize:
			if len(t.mean) != 1 && len(t.mean) != n {
				return fmt.Errorf("vision: Normalize: %d means for pictures of %d channels", len(t.mean), n)
			}
		case *hueTfm:
			if n != 3 {
				return fmt.Errorf("vision: Hue: pictures of %d channels have none", n)
			}
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
	return b.ApplyEach(x, rng, split, nil)
}

// ApplyEach is Apply that shows seen what each transform leaves, by its name.
func (b BatchTransforms) ApplyEach(x *torch.Tensor, rng *rand.Rand, split Split, seen func(name string, y *torch.Tensor)) *torch.Tensor {
	parts := []Part{{Picture, x}}
	b.ApplyParts(parts, rng, split, seen)
	return parts[0].Tensor
}

// ApplyParts is [BatchTransforms.Apply] for all parts of a batch, of which the first is a picture: what is drawn for it moves them all.
// The parts get their new tensors: a mask, which comes as N×1×H×W uint8, is N×H×W int64 then.
func (b BatchTransforms) ApplyParts(parts []Part, rng *rand.Rand, split Split, seen func(name string, y *torch.Tensor)) {
	if len(parts) == 0 {
		return
	}
	if seen == nil {
		seen = func(string, *torch.Tensor) {}
	}
	for i, p := range parts {
		if p.Kind == Picture {
			y := p.Tensor.Scope().With(p.Tensor.Device()).Empty(p.Tensor.Shape()...).Copy_(p.Tensor).MulScalar_(1.0 / 255)
			p.Tensor.Close()
			parts[i].Tensor = y
		}
	}
	seen("IntToFloatTensor", parts[0].Tensor)
	for steps := b.steps(); len(steps) > 0; {
		n := together(steps)
		applyTogether(steps[:n], parts, rng, split, seen)
		steps = steps[n:]
	}
	for i, p := range parts {
		if p.Kind == Mask {
			channel := p.Tensor.Select(1, 0)
			parts[i].Tensor = channel.To(torch.Int64)
			channel.Close()
			p.Tensor.Close()
		}
	}
}

// together is how many of steps draw before the first of them is applied: those of ours, whose numbers travel in one copy.
func together(steps []BatchTransform) int {
	n := slices.IndexFunc(steps, func(t BatchTransform) bool { _, ours := t.(drawer); return !ours })
	if n < 0 {
		n = len(steps)
	}
	return max(n, 1)
}

// applyTogether has steps draw, and then applies them.
func applyTogether(steps []BatchTransform, parts []Part, rng *rand.Rand, split Split, seen func(name string, y *torch.Tensor)) {
	all := &numbers{}
	defer all.close()
	does := make([]func(Part) *torch.Tensor, len(steps))
	n, w, h := batchSize(parts[0].Tensor)
	for i, t := range steps {
		named(t, func() {
			does[i] = guard.Value("Draw", t, func() func(Part) *torch.Tensor {
				if ours, ok := t.(drawer); ok {
					return ours.drawInto(all, n, w, h, rng, split)
				}
				return t.Draw(n, w, h, rng, split)
			})
		})
		if g, ok := t.(interface{ outSize(w, h int) (int, int) }); ok {
			w, h = g.outSize(w, h)
		}
	}
	for i, t := range steps {
		for k, p := range parts {
			if does[i] == nil {
				break
			}
			named(t, func() {
				y := guard.Pointer(nameOf(t), t, func() *torch.Tensor { return does[i](p) })
				parts[k].Tensor = replace(p.Tensor, y)
			})
		}
		seen(nameOf(t), parts[0].Tensor)
	}
}

// named says in an error of f which transform failed.
func named(t BatchTransform, f func()) {
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(*torch.Error); ok {
				e.Msg = nameOf(t) + ": " + e.Msg
			}
			panic(r)
		}
	}()
	f()
}

// steps are the transforms as they are applied: with SamplingOnce those that move
// pixels are one, where no other lies between.
func (b BatchTransforms) steps() []BatchTransform {
	if b.sampling == SamplingFastai {
		return b.tfms
	}
	var out []BatchTransform
	for _, t := range b.tfms {
		g, moves := t.(geometric)
		if !moves {
			out = append(out, t)
			continue
		}
		if last := len(out) - 1; last >= 0 {
			if all, ok := out[last].(composed); ok {
				out[last] = append(slices.Clip(all), g)
				continue
			}
		}
		out = append(out, composed{g})
	}
	return out
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

// draws is what one draws for each of n pictures, or for all of them together.
func draws[T any](rng *rand.Rand, n int, together bool, one func(*rand.Rand) T) []T {
	out := make([]T, n)
	for i := range out {
		if i > 0 && together {
			out[i] = out[0]
		} else {
			out[i] = one(rng)
		}
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func checkP(name string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s: the probability %v: want 0 to 1", name, p)
	}
	return nil
}
