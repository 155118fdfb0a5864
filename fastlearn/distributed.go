package fastlearn

import (
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/peers"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
)

// Distributed trains a learner on several processes, each of which runs the same program on the
// same data (fastai's to_distributed, without its sync_bn; docs/distributed.md). In each of its fits
// and in [Learner.LRFind]
//
//   - a process loads its part of each epoch's items, padded with others to the length of the
//     largest part; the batch size is that of a process;
//   - the model begins with the weights and buffers of the process of rank 0, and each forward
//     pass in training with its buffers, such as the averages of batch norms;
//   - gradients are averaged over all processes during the backward pass, before any callback
//     sees them;
//   - a batch's loss is the mean of all processes', from AfterBatch on; in validation losses and
//     metrics are those of the whole set, without the padding, and all processes have the same;
//   - only the process of rank 0 writes files and the table's rows;
//   - a context that is cancelled in one process ends the fit of all, after the same batch.
//
// Fits, LRFind and [Learner.Load] must be called by all processes alike. Outside of fits each one is
// by itself: predictions, interpretation and validation run over the whole of a loader, in as
// many processes as ask for it.
//
// When a process ends or hangs, the others' fit fails with [distributed.ErrPeer] or
// [distributed.ErrTimeout]. Custom loaders must be a [data.LoaderForRank]. The group stays its owner's to close.
func Distributed(group *distributed.ProcessGroup, opts ...distributed.ReducerOption) LearnerOption {
	return learnerOption(func(c *learnerConfig) { c.peers = &distributedTrainer{peers.Of(group, opts...)} })
}

// Rank is the place of this process among those that train the learner together, 0 for the one that
// writes and for one that is alone (fastai's rank_distrib).
func (l *Learner) Rank() int {
	if l == nil || l.peers == nil {
		return 0
	}
	return l.peers.Rank()
}

// WorldSize is the number of processes that train the learner together (fastai's num_distrib,
// which is 0 for one). It is 1 for a nil learner.
func (l *Learner) WorldSize() int {
	if l == nil || l.peers == nil {
		return 1
	}
	return l.peers.Size()
}

// distributedTrainer keeps the processes together (fastai's DistributedTrainer): a callback that tells a group of the fit.
type distributedTrainer struct{ *peers.Group }

// Order is before all others: what they see is everybody's.
func (*distributedTrainer) Order() int { return -20 }

// AfterCreate refuses what can't work.
func (d *distributedTrainer) AfterCreate(*Learner) error { return d.Check() }

// BeforeFit gives all processes the model of rank 0, if they are to train the same.
func (d *distributedTrainer) BeforeFit(l *Learner) error {
	facts, from, resumed := l.journal.facts()
	err := d.CheckSame(peers.Fit{Model: l.Model, Epochs: l.NEpoch, DLs: l.DLs, Resumed: resumed, Epoch: from.Epoch, Iter: from.Iter, Facts: facts, Opt: l.Opt})
	if err != nil {
		return err
	}
	return d.Broadcast(l.Model)
}

// BeforeTrain has gradients averaged.
func (d *distributedTrainer) BeforeTrain(l *Learner) error { return d.Hook(l.Model) }

// BeforeBatch prepares a training batch's forward pass.
func (d *distributedTrainer) BeforeBatch(l *Learner) error {
	if !l.Training {
		return nil
	}
	return d.Prepare(l.Model)
}

// BeforeValidate has all processes validate one model.
func (d *distributedTrainer) BeforeValidate(l *Learner) error {
	if !d.InFit() { // each process validates by itself
		return nil
	}
	return d.ShareBuffers(l.Model)
}

// AfterBatch makes the batch's loss that of all processes, and in validation its predictions and
// targets too. It hears whether a process was cancelled.
func (d *distributedTrainer) AfterBatch(l *Learner) error {
	if !d.InFit() {
		return nil
	}
	var own float64
	if err := torch.Try(func() { own = l.LossValue() }); err != nil {
		return err
	}
	loss, real, err := d.Batch(own, len(l.Batch.Items), l.Batch.Padded)
	if err != nil {
		return err
	}
	switch {
	case l.Training:
		l.losses.Set(loss)
		return nil
	case len(real) == 1 || l.Pred == nil || l.Y() == nil:
		return nil
	}
	return d.wholeBatch(l, real)
}

// wholeBatch puts all processes' predictions, targets and items in the place of the batch's.
func (d *distributedTrainer) wholeBatch(l *Learner, real []int) error {
	var items *torch.Tensor
	err := torch.Try(func() { items = conv.Indices(l.Batch.Scope, l.Batch.Items) })
	all := []**torch.Tensor{&l.Pred, &items}
	for i := range l.Ys {
		all = append(all, &l.Ys[i])
	}
	for _, t := range all {
		if err == nil {
			*t, err = d.GatherRows(*t, real)
		}
	}
	if err != nil {
		return err
	}
	return torch.Try(func() {
		l.Batch = &data.Batch{Scope: l.Batch.Scope, Xs: l.Batch.Xs, Ys: l.Ys, Items: conv.Ints(items)}
		l.autocast(func() { l.losses.Set(l.lossOf(torch.ReductionMean).Item()) })
	})
}

// AfterFit lets go of the gradients. All processes end with one model.
func (d *distributedTrainer) AfterFit(l *Learner) error {
	d.Unhook()
	if l.Failed {
		return nil
	}
	return d.ShareBuffers(l.Model)
}
