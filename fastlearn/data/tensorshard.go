package data

import (
	"context"
	"errors"
	"iter"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/torch"
)

// ForRank makes the loader of a process's part of the rows; see [LoaderForRank].
func (t *TensorLoader) ForRank(rank, worldSize int, _ func(uint64) (uint64, error)) (Loader, error) {
	n, err := t.rows()
	if err = errors.Join(err, checkRank(rank, worldSize)); err != nil {
		return nil, err
	}
	s := &shard{rank: rank, size: worldSize, n: n}
	if s.n == 0 {
		return nil, errors.New("it is empty")
	}
	all := make([]int, s.n)
	for i := range all {
		all[i] = i
	}
	places := s.of(all)
	part := &tensorPart{scope: torch.NewScope(), shard: s, places: places}
	err = torch.Try(func() {
		take := func(x *torch.Tensor) *torch.Tensor {
			here := conv.Indices(nil, places)
			defer here.Close()
			there := here.To(x.Device())
			defer there.Close()
			return x.IndexSelect(0, there).MoveTo(part.scope)
		}
		part.TensorLoader = TensorLoader{take(t.X), take(t.Y), t.BatchSize}
	})
	if err != nil {
		part.Close()
		return nil, err
	}
	return part, nil
}

// tensorPart is a process's part of a [TensorLoader].
type tensorPart struct {
	TensorLoader
	scope  *torch.Scope
	shard  *shard
	places []int // of the rows among all
}

// Close frees the part.
func (t *tensorPart) Close() error {
	t.scope.Close()
	return nil
}

// Batches runs one epoch; see [Loader].
func (t *tensorPart) Batches(ctx context.Context) iter.Seq2[*Batch, error] {
	return t.BatchesFrom(ctx, 0)
}

// BatchesFrom runs one epoch from its batch first on.
func (t *tensorPart) BatchesFrom(ctx context.Context, first int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		for b, err := range t.TensorLoader.BatchesFrom(ctx, first) {
			if b != nil {
				from := b.Items[0]
				b.Padded = t.shard.padding(from+len(b.Items)) - t.shard.padding(from)
				for i := range b.Items {
					b.Items[i] = t.places[from+i]
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}
