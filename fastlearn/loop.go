package fastlearn

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/nomemory"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// run runs a fit that is prepared, from its first event to its last.
func (l *Learner) run(ctx context.Context) (err error) {
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
		err = l.journal.resume()
	}
	for ; err == nil && l.Epoch < l.NEpoch; l.Epoch++ {
		done := false
		err = l.withEvents(epochSection, func() (err error) {
			err = l.epoch(ctx)
			done = err == nil
			return err
		})
		if stopped := done && errors.Is(err, ErrCancelFit); err == nil || stopped { // by an AfterEpoch
			if failed := l.journal.afterEpoch(stopped); failed != nil {
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
	for b, err := range l.journal.batches(ctx) {
		if err != nil {
			return errors.Join(nomemory.Advise(err, l.DLs.Device, l.X()), l.journal.broken(l.peers.Interrupted(ctx) != nil))
		}
		if err := l.batch(b); err != nil {
			return err
		}
		l.Iter++
		interrupted := l.peers.Interrupted(ctx)
		if err := errors.Join(interrupted, l.journal.afterBatch(interrupted != nil)); err != nil {
			return err
		}
	}
	return l.peers.Interrupted(ctx)
}

// validate runs a loader without gradients, in evaluation mode.
func (l *Learner) validate(ctx context.Context, dl data.Loader) (err error) {
	torch.NoGrad(func() {
		err = l.withEvents(validateSection, func() (err error) {
			defer func() { err = l.readLosses(err) }()
			l.Iter, l.NIter = 0, guard.Value("Len", dl, dl.Len)
			items := 0
			for b, err := range data.Batches(l.peers.Loading(ctx), dl, 0, l.DLs.Device) {
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
				if err := l.peers.Interrupted(ctx); err != nil {
					return err
				}
				l.Iter++
			}
			return l.peers.Interrupted(ctx)
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
		if err := l.withEvents(backwardSection, func() error { return l.peers.Backward(l.LossGrad) }); err != nil {
			return err
		}
		if err := l.withEvents(stepSection, func() error { return torch.Try(func() { l.Scaler().Step(l.Opt) }) }); err != nil {
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

// noteNotFinite returns what logs a fit's first loss that is not finite, for the batch in hand. The fit goes on, as fastai's does.
func (l *Learner) noteNotFinite() func(loss float64) {
	part, epoch, at, of := "validation", l.Epoch, l.Iter+1, l.NIter
	if l.Training {
		part = "training"
	}
	return func(loss float64) {
		if l.diverged || !(math.IsNaN(loss) || math.IsInf(loss, 0)) {
			return
		}
		l.diverged = true
		l.Logf("The loss is %v in epoch %d, at batch %d of %d of %s: lower the rate, or look for NaN in the data and the model. TerminateOnNaN() ends a fit there.",
			loss, epoch, at, of, part)
	}
}
