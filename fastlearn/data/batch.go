package data

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Batch is one batch on its device. Its scope owns X and Y and, since results
// live in the youngest scope of their operands, all that is computed from them.
type Batch struct {
	Scope *torch.Scope
	X     *torch.Tensor // pictures: N×3×H×W float32, augmented and normalised
	Y     *torch.Tensor // targets: N int64 for categories; nil without labels
	Items []int         // each item's place in the loader's data set; in validation nil is the order in which they come

	// Padded is how many of the last items are there only to give all processes of a distributed
	// training as many; validation leaves them out.
	Padded int
}

// Close frees the batch and all that was computed from it. It may be called again, on nil too.
func (b *Batch) Close() {
	if b != nil {
		b.Scope.Close()
	}
}

// Number sets Items to the places from first on.
func (b *Batch) Number(first int) {
	if b == nil || b.X == nil || b.X.Dim() == 0 {
		return
	}
	b.Items = make([]int, b.X.Size(0))
	for i := range b.Items {
		b.Items[i] = first + i
	}
}

// Check returns an error for what a custom loader may get wrong.
func (b *Batch) Check() error {
	if b == nil || b.Scope == nil || b.X == nil || b.X.Dim() == 0 {
		return errors.New("data: the loader's batch is nil, or has no Scope, or no X, or one without a dimension of items")
	}
	n := b.X.Size(0)
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
