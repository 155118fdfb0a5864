package fastlearn

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/losses"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/nomemory"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Loop is the state of a learner's training loop. Callbacks read it, and may replace what is in Xs and Ys, and LossGrad.
type Loop struct {
	Epoch, NEpoch int
	Iter, NIter   int     // the batch's place in its epoch, and the epoch's batches
	TrainIter     int     // training batches since the fit began
	PctTrain      float64 // how much of the fit is done, 0 … 1
	Training      bool
	Batch         *data.Batch
	Xs, Ys        []*torch.Tensor // the batch's inputs and targets (fastai's xb and yb)
	Pred          *torch.Tensor
	LossGrad      *torch.Tensor // the loss that is differentiated
	Resumed       bool          // the fit goes on from a checkpoint
	Tries         int           // how many batches LRFind tries at most; 0 in a fit
	Failed        bool          // the fit ended with an error, for its AfterFit

	losses   losses.Queue
	inEpoch  bool // between an epoch's BeforeEpoch and its AfterEpoch
	diverged bool // a loss of the fit was not finite, and that was logged
}

// X is the first input of the batch in hand, nil between batches.
func (l *Loop) X() *torch.Tensor {
	if l == nil {
		return nil
	}
	return (&data.Batch{Xs: l.Xs}).X()
}

// Y is the first target of the batch in hand, nil between batches and without labels.
func (l *Loop) Y() *torch.Tensor {
	if l == nil {
		return nil
	}
	return (&data.Batch{Ys: l.Ys}).Y()
}

// coordinator keeps together the processes that train a learner: [alone] for one, [distributedTrainer] for several.
type coordinator interface {
	rank() int
	size() int
	// begin and end enclose a fit; outside of fits nothing is exchanged.
	begin(ctx context.Context)
	end()
	// shard gives the learner the loaders of this process's part until undo is called.
	shard(l *Learner) (undo func(), err error)
	// whole returns the loaders that were divided.
	whole(l *Learner) *data.Loaders
	// loading returns the context for loaders, and interrupted the error with which a fit ends between batches.
	loading(ctx context.Context) context.Context
	interrupted(ctx context.Context) error
	// backward computes the gradients, those of all processes.
	backward(loss *torch.Tensor) error
	// adopt replaces values by those of rank 0.
	adopt(values []float64) error
	barrier() error
	// gather returns a tensor of every process, by rank.
	gather(t *torch.Tensor) ([]*torch.Tensor, error)
}

// journal keeps where a fit is, so that it can go on from there.
type journal interface {
	// facts tell what the fit is, but for its data, and from where it goes on.
	facts() (all []fact, from position, resumed bool)
	// resume puts the learner where the fit goes on, after BeforeFit; at its beginning where it is new.
	resume(l *Learner) error
	// request asks for a checkpoint at the next chance, or where the fit ends before its time.
	request(path string, early bool)
	// batches are those of an epoch's training that are still to come. It sets Iter and NIter.
	batches(ctx context.Context, l *Learner) iter.Seq2[*data.Batch, error]
	// afterBatch, afterEpoch and broken write what was asked for, once a batch is trained, an epoch has ended, or the loader
	// has failed; early is whether the fit ends here before its time.
	afterBatch(l *Learner, early bool) error
	afterEpoch(l *Learner, early bool) error
	broken(l *Learner, early bool) error
	end()
}

// Fit trains for epochs at a constant rate; nil is the learner's own (fastai's fit).
//
// The events come in this order, each epoch's between before_epoch and after_epoch:
//
//	before_fit
//	  before_epoch
//	    before_train
//	      before_batch after_pred after_loss before_backward after_backward
//	      before_step after_step after_batch
//	    after_train
//	    before_validate
//	      before_batch after_pred after_loss after_batch
//	    after_validate
//	  after_epoch
//	after_fit
//
// An ErrCancel… error skips to the after_cancel_… of its part, then to its after_….
// When anything else fails, or ctx is cancelled, after_fit still comes.
func (l *Learner) Fit(ctx context.Context, epochs int, lr LearningRate, opts ...FitOption) error {
	return withFit(ctx, l, "Fit", opts, FitOption.fit, func(c fitConfig) error { return l.fit(ctx, epochs, lr, c) })
}

// fit trains as c says, between the fit's first event and its last.
func (l *Learner) fit(ctx context.Context, epochs int, lr LearningRate, c fitConfig) (err error) {
	undo, err := l.prepareFit(ctx, epochs, lr, c)
	if err != nil {
		return err
	}
	defer undo()
	nn.Unpack(l.Model) // whose weights change now
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.endBatch()
	ended := false // it is false while a panic or a Goexit unwinds
	defer func() {
		err = l.readLosses(err)
		l.Failed = err != nil || !ended
		if closing := l.callAfterFit(slices.Clone(l.callbacks)); err == nil { // it comes after every end; the first error is reported
			err = closing
		}
		if l.Failed {
			l.resetMetrics()
		}
	}()
	err = l.epochs(ctx)
	ended = true
	return err
}

// epochs runs all of a fit but its last event.
func (l *Learner) epochs(ctx context.Context) error {
	err := l.call(beforeFit)
	if err == nil {
		err = l.journal.resume(l)
	}
	for ; err == nil && l.Epoch < l.NEpoch; l.Epoch++ {
		done := false
		err = l.withEvents(epochSection, func() (err error) {
			err = l.epoch(ctx)
			done = err == nil
			return err
		})
		if stopped := done && errors.Is(err, ErrCancelFit); err == nil || stopped { // by an AfterEpoch
			if failed := l.journal.afterEpoch(l, stopped); failed != nil {
				err = failed
			}
		}
	}
	if errors.Is(err, ErrCancelFit) {
		err = l.call(afterCancelFit)
	}
	return err
}

func (l *Learner) epoch(ctx context.Context) error {
	l.inEpoch = true
	defer func() { l.inEpoch = false }()
	err := l.withEvents(trainSection, func() error { return l.readLosses(l.train(ctx)) })
	if err != nil {
		return err
	}
	return l.validate(ctx, l.DLs.Valid)
}

// train runs an epoch's training: all of it, or from where a checkpoint was written.
func (l *Learner) train(ctx context.Context) error {
	for b, err := range l.journal.batches(ctx, l) {
		if err != nil {
			return errors.Join(nomemory.Advise(err, l.DLs.Device, l.X()), l.journal.broken(l, l.peers.interrupted(ctx) != nil))
		}
		if err := l.batch(b); err != nil {
			return err
		}
		l.Iter++
		interrupted := l.peers.interrupted(ctx)
		if err := errors.Join(interrupted, l.journal.afterBatch(l, interrupted != nil)); err != nil {
			return err
		}
	}
	return l.peers.interrupted(ctx)
}

// validate runs a loader without gradients, in evaluation mode.
func (l *Learner) validate(ctx context.Context, dl data.Loader) (err error) {
	torch.NoGrad(func() {
		err = l.withEvents(validateSection, func() (err error) {
			defer func() { err = l.readLosses(err) }()
			l.Iter, l.NIter = 0, guard.Value("Len", dl, dl.Len)
			items := 0
			for b, err := range data.Batches(l.peers.loading(ctx), dl, 0, l.DLs.Device) {
				if err != nil {
					return nomemory.Advise(err, l.DLs.Device, l.X())
				}
				if b.Items == nil { // a loader that doesn't number them
					b.Number(items)
				}
				items += len(b.Items)
				if err := l.batch(b); err != nil {
					return err
				}
				if err := l.peers.interrupted(ctx); err != nil {
					return err
				}
				l.Iter++
			}
			return l.peers.interrupted(ctx)
		})
	})
	return err
}

// batch trains on a batch or validates on it, and frees it.
func (l *Learner) batch(b *data.Batch) error {
	defer b.Close()
	if err := b.Check(); err != nil {
		return err
	}
	l.Batch, l.Xs, l.Ys = b, slices.Clone(b.Xs), slices.Clone(b.Ys)
	defer l.forgetBatch()
	err := l.withEvents(batchSection, func() error {
		if err := l.forward(); err != nil || !l.Training || l.Y() == nil {
			return err
		}
		if err := l.withEvents(backwardSection, func() error { return l.peers.backward(l.LossGrad) }); err != nil {
			return err
		}
		if err := l.withEvents(stepSection, func() error { return torch.Try(l.Opt.Step) }); err != nil {
			return err
		}
		return torch.Try(l.Opt.ZeroGrad)
	})
	if l.journal != nil && !l.diverged && l.LossGrad != nil {
		l.WithLoss(l.noteNotFinite())
	}
	if err != nil && l.Training && !isCancel(err) { // what was computed of its gradients isn't the next step's
		_ = torch.Try(l.Opt.ZeroGrad)
	}
	return nomemory.Advise(err, l.DLs.Device, l.X())
}

// forward computes the batch's predictions and, with targets, its loss.
func (l *Learner) forward() error {
	if err := torch.Try(func() { l.autocast(func() { l.Pred = callModel(l.Model, l.Xs) }) }); err != nil {
		return err
	}
	if err := l.call(afterPred); err != nil {
		return err
	}
	if l.Y() != nil {
		err := torch.Try(func() {
			l.autocast(func() { l.LossGrad = l.lossOf(torch.ReductionMean) })
			l.losses.Put(l.LossGrad)
		})
		if err != nil {
			return err
		}
	}
	return l.call(afterLoss)
}

func (l *Learner) forgetBatch() { l.Batch, l.Xs, l.Ys, l.Pred, l.LossGrad = nil, nil, nil, nil, nil }

func (l *Learner) endBatch() { l.forgetBatch(); l.Training = false }
