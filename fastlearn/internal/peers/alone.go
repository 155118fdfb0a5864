// Package peers keeps together the processes that train a learner: [Alone] is for one, [Group] for several.
package peers

import (
	"context"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Alone is the coordinator of a process that trains by itself.
type Alone struct{}

// Rank is 0.
func (Alone) Rank() int { return 0 }

// Size is 1.
func (Alone) Size() int { return 1 }

// Begin does nothing.
func (Alone) Begin(context.Context) {}

// End does nothing.
func (Alone) End() {}

// Shard leaves the loaders as they are.
func (Alone) Shard(**data.Loaders) (undo func(), err error) { return func() {}, nil }

// Whole returns dls.
func (Alone) Whole(dls *data.Loaders) *data.Loaders { return dls }

// Loading returns ctx.
func (Alone) Loading(ctx context.Context) context.Context { return ctx }

// Interrupted returns the context's error.
func (Alone) Interrupted(ctx context.Context) error { return ctx.Err() }

// Backward computes the gradients.
func (Alone) Backward(loss *torch.Tensor) error { return torch.Try(loss.Backward) }

// Adopt leaves the values as they are.
func (Alone) Adopt([]float64) error { return nil }

// Barrier does nothing.
func (Alone) Barrier() error { return nil }

// Gather returns the tensor alone.
func (Alone) Gather(t *torch.Tensor) ([]*torch.Tensor, error) { return []*torch.Tensor{t}, nil }
