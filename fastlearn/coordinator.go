package fastlearn

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
)

// alone is the coordinator of a process that trains by itself.
type alone struct{}

func (alone) rank() int                                             { return 0 }
func (alone) size() int                                             { return 1 }
func (alone) begin(context.Context)                                 {}
func (alone) end()                                                  {}
func (alone) shard(*Learner) (undo func(), err error)               { return func() {}, nil }
func (alone) whole(l *Learner) *data.Loaders                        { return l.DLs }
func (alone) loading(ctx context.Context) context.Context           { return ctx }
func (alone) interrupted(ctx context.Context) error                 { return ctx.Err() }
func (alone) backward(loss *torch.Tensor) error                     { return torch.Try(loss.Backward) }
func (alone) adopt([]float64) error                                 { return nil }
func (alone) barrier() error                                        { return nil }
func (alone) gather(t *torch.Tensor) (all []*torch.Tensor, _ error) { return []*torch.Tensor{t}, nil }

func (d *distributedTrainer) rank() int                 { return d.group.Rank() }
func (d *distributedTrainer) size() int                 { return d.group.WorldSize() }
func (d *distributedTrainer) begin(ctx context.Context) { d.fit, d.cancelled = ctx, false }
func (d *distributedTrainer) end()                      { d.fit = nil }
func (d *distributedTrainer) barrier() error            { return d.group.Barrier() }

func (d *distributedTrainer) gather(t *torch.Tensor) ([]*torch.Tensor, error) {
	return d.group.AllGather(t)
}

// shard gives the learner the loaders of this process's part of the items.
func (d *distributedTrainer) shard(l *Learner) (undo func(), err error) {
	if d.size() == 1 || d.undivided != nil { // LRFind divided them
		return func() {}, nil
	}
	whole := l.DLs
	part := *whole
	if part.Train, err = d.part(whole.Train); err != nil {
		return nil, fmt.Errorf("fastlearn: Distributed: the training set: %w", err)
	}
	if part.Valid, err = d.part(whole.Valid); err != nil {
		return nil, errors.Join(fmt.Errorf("fastlearn: Distributed: the validation set: %w", err), part.Train.Close())
	}
	l.DLs, d.undivided = &part, whole
	return func() {
		l.DLs, d.undivided = whole, nil
		part.Close() // it has nothing to report
	}, nil
}

func (d *distributedTrainer) whole(l *Learner) *data.Loaders {
	if d.undivided != nil {
		return d.undivided
	}
	return l.DLs
}

// loading hides a cancellation from loaders: that of one process must not keep it from a batch that the others wait for.
func (d *distributedTrainer) loading(ctx context.Context) context.Context {
	if d.fit == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// interrupted is a context's error in a fit as soon as all processes have heard of it.
func (d *distributedTrainer) interrupted(ctx context.Context) error {
	switch {
	case d.fit == nil:
		return ctx.Err()
	case !d.cancelled:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("fastlearn: another process: %w", context.Canceled)
}

// backward computes the batch's gradients, averaged over all processes.
func (d *distributedTrainer) backward(loss *torch.Tensor) error {
	if d.reducer == nil {
		return torch.Try(loss.Backward)
	}
	if err := d.reducer.BeforeBackward(loss); err != nil {
		return err
	}
	return d.group.Explain("backward", torch.Try(loss.Backward))
}

// adopt replaces values by those of rank 0, so that no rounding has one process stop and another go on.
func (d *distributedTrainer) adopt(values []float64) error {
	if d.fit == nil {
		return nil
	}
	all, err := d.exchange(values...)
	if err != nil {
		return err
	}
	copy(values, all[0])
	return nil
}
