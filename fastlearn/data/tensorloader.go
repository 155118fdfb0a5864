package data

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// TensorLoader gives batches of tensors that are in memory: rows of X and Y, N×…
// each, in their order. It keeps X and Y, which stay their owner's.
type TensorLoader struct {
	X, Y      *torch.Tensor
	BatchSize int
}

// Len is the number of batches; the last one may be smaller. It is 0 where X or Y is nil or closed, or BatchSize less than 1.
func (t *TensorLoader) Len() (n int) {
	if rows, err := t.rows(); err == nil {
		n = (rows + t.BatchSize - 1) / t.BatchSize
	}
	return n
}

// rows is the number of items.
func (t *TensorLoader) rows() (n int, err error) {
	switch {
	case t == nil || t.X == nil || t.Y == nil:
		return 0, errors.New("data: TensorLoader: X or Y is nil")
	case t.BatchSize < 1:
		return 0, fmt.Errorf("data: TensorLoader: BatchSize %d: want 1 or more", t.BatchSize)
	}
	ny := 0
	err = torch.Try(func() { n, ny = int(t.X.Size(0)), int(t.Y.Size(0)) })
	if err == nil && n != ny {
		err = fmt.Errorf("data: TensorLoader: %d rows of X and %d of Y", n, ny)
	}
	return n, err
}

// Close leaves X and Y alone.
func (t *TensorLoader) Close() error { return nil }

// Batches runs one epoch; see [Loader].
func (t *TensorLoader) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return t.BatchesFrom(ctx, 0)
}

// BatchesFrom runs one epoch from its batch from on.
func (t *TensorLoader) BatchesFrom(ctx context.Context, from int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		n, err := t.rows()
		if err := errors.Join(err, guard.Context("data: Batches", ctx)); err != nil {
			yield(nil, err)
			return
		}
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
				b.Xs = []*torch.Tensor{t.X.Narrow(0, int64(first), int64(size)).MoveTo(b.Scope)}
				b.Ys = []*torch.Tensor{t.Y.Narrow(0, int64(first), int64(size)).MoveTo(b.Scope)}
			})
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// Sizes is the number of rows and of those in a batch.
func (t *TensorLoader) Sizes() (items, batchSize int) {
	n, err := t.rows()
	if err != nil {
		return 0, 0
	}
	return n, t.BatchSize
}
