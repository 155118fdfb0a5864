package peers

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
)

// Group is the coordinator of several processes.
type Group struct {
	group     *distributed.ProcessGroup
	opts      []distributed.ReducerOption
	reducer   *distributed.Reducer
	trained   []bool        // which parameters the reducer is of
	undivided *data.Loaders // the learner's, while it has those of this process's part

	fit       context.Context // of the fit that is running; nil outside of one, where each process is by itself
	cancelled bool            // one of the processes was
}

// Of makes the coordinator of a process group, which stays its owner's to close.
func Of(group *distributed.ProcessGroup, opts ...distributed.ReducerOption) *Group {
	return &Group{group: group, opts: opts}
}

// Check refuses what can't work.
func (g *Group) Check() error {
	if g.group == nil {
		return errors.New("Distributed(nil): want a group, see distributed.Init")
	}
	return nil
}

// Rank is the place of this process.
func (g *Group) Rank() int { return g.group.Rank() }

// Size is the number of processes.
func (g *Group) Size() int { return g.group.WorldSize() }

// Begin begins a fit: from now on numbers are exchanged.
func (g *Group) Begin(ctx context.Context) { g.fit, g.cancelled = ctx, false }

// End ends it.
func (g *Group) End() { g.fit = nil }

// InFit tells whether a fit is running.
func (g *Group) InFit() bool { return g.fit != nil }

// Barrier waits for all processes.
func (g *Group) Barrier() error { return g.group.Barrier() }

// Gather returns a tensor of every process, by rank.
func (g *Group) Gather(t *torch.Tensor) ([]*torch.Tensor, error) { return g.group.AllGather(t) }

// Shard puts the loaders of this process's part of the items in the place of dls.
func (g *Group) Shard(dls **data.Loaders) (undo func(), err error) {
	if g.Size() == 1 || g.undivided != nil { // LRFind divided them
		return func() {}, nil
	}
	whole := *dls
	part := *whole
	if part.Train, err = g.part(whole.Train); err != nil {
		return nil, fmt.Errorf("fastlearn: Distributed: the training set: %w", err)
	}
	if part.Valid, err = g.part(whole.Valid); err != nil {
		return nil, errors.Join(fmt.Errorf("fastlearn: Distributed: the validation set: %w", err), part.Train.Close())
	}
	*dls, g.undivided = &part, whole
	return func() {
		*dls, g.undivided = whole, nil
		part.Close() // it has nothing to report
	}, nil
}

// Whole returns the loaders that were divided, dls where none were.
func (g *Group) Whole(dls *data.Loaders) *data.Loaders {
	if g.undivided != nil {
		return g.undivided
	}
	return dls
}

// Loading hides a cancellation from loaders: that of one process must not keep it from a batch that the others wait for.
func (g *Group) Loading(ctx context.Context) context.Context {
	if g.fit == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// Interrupted is a context's error in a fit as soon as all processes have heard of it.
func (g *Group) Interrupted(ctx context.Context) error {
	switch {
	case g.fit == nil:
		return ctx.Err()
	case !g.cancelled:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("fastlearn: another process: %w", context.Canceled)
}

// Backward computes the batch's gradients, averaged over all processes.
func (g *Group) Backward(loss *torch.Tensor) error {
	if g.reducer == nil {
		return torch.Try(loss.Backward)
	}
	if err := g.reducer.BeforeBackward(loss); err != nil {
		return err
	}
	return g.group.Explain("backward", torch.Try(loss.Backward))
}

// Adopt replaces values by those of rank 0, so that no rounding has one process stop and another go on.
func (g *Group) Adopt(values []float64) error {
	if g.fit == nil {
		return nil
	}
	all, err := g.exchange(values...)
	if err != nil {
		return err
	}
	copy(values, all[0])
	return nil
}
