package fastlearn

import (
	"context"
	"errors"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
	"github.com/fastlearn-go/fastlearn/torch/nn"
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
	return learnerOption(func(c *learnerConfig) { c.distributed = &distributedTrainer{group: group, opts: opts} })
}

// Rank is the place of this process among those that train the learner together, 0 for the one that
// writes and for one that is alone (fastai's rank_distrib).
func (l *Learner) Rank() int {
	if l == nil || l.peers == nil {
		return 0
	}
	return l.peers.rank()
}

// WorldSize is the number of processes that train the learner together (fastai's num_distrib,
// which is 0 for one). It is 1 for a nil learner.
func (l *Learner) WorldSize() int {
	if l == nil || l.peers == nil {
		return 1
	}
	return l.peers.size()
}

// distributedTrainer keeps the processes together (fastai's DistributedTrainer).
type distributedTrainer struct {
	group     *distributed.ProcessGroup
	opts      []distributed.ReducerOption
	reducer   *distributed.Reducer
	trained   []bool        // which parameters the reducer is of
	undivided *data.Loaders // the learner's, while it has those of this process's part

	fit       context.Context // of the fit that is running; nil outside of one, where each process is by itself
	cancelled bool            // one of the processes was
}

// Order is before all others: what they see is everybody's.
func (*distributedTrainer) Order() int { return -20 }

// AfterCreate refuses what can't work.
func (d *distributedTrainer) AfterCreate(*Learner) error {
	if d.group == nil {
		return errors.New("Distributed(nil): want a group, see distributed.Init")
	}
	return nil
}

// BeforeFit gives all processes the model of rank 0.
func (d *distributedTrainer) BeforeFit(l *Learner) error {
	if err := d.checkSame(l); err != nil {
		return err
	}
	var all []*torch.Tensor
	for _, n := range nn.StateDict(l.Model) {
		all = append(all, n.Tensor)
	}
	return d.group.BroadcastCoalesced(all, 0)
}

// BeforeTrain hangs the reducer on the gradients of the parameters that are trained.
func (d *distributedTrainer) BeforeTrain(l *Learner) error {
	var params []*torch.Tensor
	var trained []bool
	for _, p := range nn.Parameters(l.Model) {
		if trained = append(trained, p.RequiresGrad()); p.RequiresGrad() {
			params = append(params, p)
		}
	}
	if d.reducer != nil && slices.Equal(trained, d.trained) {
		return nil
	}
	d.reducer.Close()
	var err error
	d.trained = trained
	d.reducer, err = d.group.NewReducer(params, d.opts...)
	return err
}

// BeforeBatch prepares a training batch's forward pass.
func (d *distributedTrainer) BeforeBatch(l *Learner) error {
	if !l.Training {
		return nil
	}
	if err := d.reducer.BeforeForward(); err != nil {
		return err
	}
	return d.shareBuffers(l)
}

// BeforeValidate has all processes validate one model.
func (d *distributedTrainer) BeforeValidate(l *Learner) error {
	if d.fit == nil { // each process validates by itself
		return nil
	}
	return d.shareBuffers(l)
}

// shareBuffers gives all processes the buffers of rank 0 (DistributedDataParallel's broadcast_buffers).
func (d *distributedTrainer) shareBuffers(l *Learner) error {
	return d.group.BroadcastCoalesced(nn.Buffers(l.Model), 0)
}

// AfterFit lets go of the gradients. All processes end with one model.
func (d *distributedTrainer) AfterFit(l *Learner) error {
	d.reducer.Close()
	d.reducer = nil
	if l.Failed {
		return nil
	}
	return d.shareBuffers(l)
}
