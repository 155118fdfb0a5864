package fastlearn

import (
	"context"
	"iter"

	"github.com/fastlearn-go/fastlearn/torch"
)

// TensorLoader gives batches of tensors that are in memory: rows of X and Y, N×…
// each, in their order. It keeps X and Y, which stay their owner's.
type TensorLoader struct {
	X, Y      *torch.Tensor
	BatchSize int
}

// Len is the number of batches; the last one may be smaller.
func (t *TensorLoader) Len() int { return (int(t.X.Size(0)) + t.BatchSize - 1) / t.BatchSize }

// Close leaves X and Y alone.
func (t *TensorLoader) Close() error { return nil }

// Batches runs one epoch; see [Loader].
func (t *TensorLoader) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return t.BatchesFrom(ctx, 0)
}

// BatchesFrom runs one epoch from its batch from on.
func (t *TensorLoader) BatchesFrom(ctx context.Context, from int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		n := int(t.X.Size(0))
		for first := from * t.BatchSize; first < n; first += t.BatchSize {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			size := min(t.BatchSize, n-first)
			b := &Batch{Scope: torch.NewScope(), Items: make([]int, size)}
			for i := range b.Items {
				b.Items[i] = first + i
			}
			err := torch.Try(func() {
				b.X = t.X.Narrow(0, int64(first), int64(size)).MoveTo(b.Scope)
				b.Y = t.Y.Narrow(0, int64(first), int64(size)).MoveTo(b.Scope)
			})
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}
