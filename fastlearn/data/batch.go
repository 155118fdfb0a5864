package data

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Batch is one batch on its device. Its scope owns X and Y and, since results
// live in the youngest scope of their operands, all that is computed from them.
type Batch struct {
	Scope *torch.Scope
	// Xs are the model's inputs, pictures N×3×H×W float32, augmented and normalised, and what else a [Block] has of Inputs. Ys are the
	// targets: N int64 for categories; none without labels.
	Xs, Ys []*torch.Tensor
	Items  []int // each item's place in the loader's data set; in validation nil is the order in which they come

	// Padded is how many of the last items are there only to give all processes of a distributed
	// training as many; validation leaves them out.
	Padded int
}

// X is the first input, nil where there is none.
func (b *Batch) X() *torch.Tensor {
	if b == nil {
		return nil
	}
	return first(b.Xs)
}

// Y is the first target, nil where there is none.
func (b *Batch) Y() *torch.Tensor {
	if b == nil {
		return nil
	}
	return first(b.Ys)
}

func first(all []*torch.Tensor) *torch.Tensor {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Close frees the batch and all that was computed from it. It may be called again, on nil too.
func (b *Batch) Close() {
	if b != nil {
		b.Scope.Close()
	}
}

// to puts the batch's tensors on a device. What Check refuses is left alone.
func (b *Batch) to(device torch.Device) error {
	if b.Scope == nil {
		return nil
	}
	move := func(all []*torch.Tensor) []*torch.Tensor {
		moved := slices.Clone(all) // which may be the loader's own
		for i, t := range moved {
			if t != nil && t.Device() != device {
				moved[i] = t.To(device).MoveTo(b.Scope)
			}
		}
		return moved
	}
	return torch.Try(func() { b.Xs, b.Ys = move(b.Xs), move(b.Ys) })
}

// Number sets Items to the places from first on.
func (b *Batch) Number(first int) {
	if x := b.X(); x == nil || x.Dim() == 0 {
		return
	}
	b.Items = make([]int, b.X().Size(0))
	for i := range b.Items {
		b.Items[i] = first + i
	}
}

// Check returns an error for what a custom loader may get wrong.
func (b *Batch) Check() error {
	if b == nil || b.Scope == nil || b.X() == nil || b.X().Dim() == 0 {
		return errors.New("data: the loader's batch is nil, or has no Scope, or no Xs, or one without a dimension of items")
	}
	n := b.X().Size(0)
	for _, t := range slices.Concat(b.Xs, b.Ys) {
		if t == nil || t.Dim() == 0 || t.Size(0) != n {
			return fmt.Errorf("data: of the loader's batch the first input has %d items, and another input or a target is nil or has others", n)
		}
	}
	if b.Items != nil && int64(len(b.Items)) != n {
		return fmt.Errorf("data: the loader's batch has %d items in X and %d in Items", n, len(b.Items))
	}
	return nil
}

// Loader gives the batches of one data set, epoch after epoch.
type Loader interface {
	// Len is the number of batches of an epoch.
	Len() int
	// Batches runs one epoch. Whoever ranges over it closes each batch. An error
	// ends the epoch. Its order and its random draws depend on nothing but
	// libtorch's generator on the CPU ([torch.ManualSeed]) at the moment it begins.
	Batches(ctx context.Context) iter.Seq2[*Batch, error]
	// Close ends the loader's workers. It may be called again.
	Close() error
}

// SizedLoader is a [Loader] that tells how many items an epoch has and how many of them make a batch; the last batch may have
// fewer, or be left out, as Len says. The loaders of pictures and [TensorLoader] are. A fit refuses to begin where one of its
// batches would have a single item on which the model's batch norms can't be trained; with other loaders it fails at that batch.
type SizedLoader interface {
	Loader
	Sizes() (items, batchSize int)
}

// LoaderFrom is a [Loader] that can run an epoch from its batch first on without making
// those before it: the same batches that Batches gives from there on, with the same
// draws. A fit that is resumed passes over the batches of other loaders.
type LoaderFrom interface {
	BatchesFrom(ctx context.Context, first int) iter.Seq2[*Batch, error]
}
