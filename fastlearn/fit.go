package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

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
// When anything else fails, or ctx is cancelled, after_fit still comes. A loss that is NaN or infinite fails nothing, as
// in fastai: the first of a fit is logged, the table shows it, and [TerminateOnNaN] ends the fit there.
func (l *Learner) Fit(ctx context.Context, epochs int, lr LearningRate, opts ...FitOption) error {
	return l.withFit(ctx, "Fit", opts, func(c fitConfig) error { return l.fit(ctx, epochs, lr, c) })
}

// withFit is the border of the methods that fit: it gives f their options.
func (l *Learner) withFit(ctx context.Context, method string, opts []FitOption, f func(c fitConfig) error) error {
	return l.do(method, func() error {
		c, err := newFitConfig("fastlearn: "+method, opts)
		if err := errors.Join(err, guard.Context("fastlearn: "+method, ctx)); err != nil {
			return err
		}
		return f(c)
	})
}

func (l *Learner) fit(ctx context.Context, epochs int, lr LearningRate, c fitConfig) (err error) {
	if epochs < 1 {
		return fmt.Errorf("fastlearn: fit for %d epochs: want 1 or more", epochs)
	}
	if l.run != nil {
		return errors.New("fastlearn: a fit of this learner is running, in which neither a callback nor another goroutine can begin another")
	}
	undo, err := l.shardLoaders()
	if err != nil {
		return err
	}
	defer undo()
	if c.startEpoch != 0 {
		c.callbacks = append(c.callbacks[:len(c.callbacks):len(c.callbacks)], skipToEpoch(c.startEpoch))
	}
	if c.resetOpt || l.Opt == nil {
		if err := l.CreateOpt(); err != nil {
			return err
		}
	}
	wd := c.wd
	if wd == nil {
		wd = l.config.wd
	}
	if wd != nil {
		if err := l.Opt.Set("wd", *wd); err != nil {
			return err
		}
	}
	if err := l.setLR(lr); err != nil {
		return err
	}
	if err := l.AddCallbacks(c.callbacks...); err != nil {
		return err
	}
	defer l.RemoveCallbacks(c.callbacks...)
	if err := l.checkBatchOfOne(ctx); err != nil {
		return err
	}
	if err := l.begin(epochs, c); err != nil {
		return err
	}
	defer l.end()
	l.run.ctx = ctx
	defer l.hush(c.noLogging || l.Rank() != 0, c.noBar || l.Rank() != 0)()
	nn.Unpack(l.Model) // whose weights change now
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.endCleanup()
	l.NEpoch = epochs
	ended := false // it is false while a panic or a Goexit unwinds
	defer func() {
		l.failed = err != nil || !ended
		if closing := l.callAfterFit(slices.Clone(l.callbacks)); err == nil { // it comes after every end; the first error is reported
			err = closing
		}
		if l.failed {
			l.resetMetrics()
		}
	}()
	err = l.loop(ctx, epochs)
	ended = true
	return err
}

// loop runs a fit's events but for the last.
func (l *Learner) loop(ctx context.Context, epochs int) error {
	err := l.call(beforeFit)
	if err == nil {
		err = l.goOn() // where a checkpoint was written; else with the first epoch
	}
	for ; err == nil && l.Epoch < epochs; l.Epoch++ {
		done := false
		err = l.withEvents(epochSection, func() (err error) {
			err = l.doEpoch(ctx)
			done = err == nil
			return err
		})
		switch {
		case err == nil:
			err = l.writeCheckpoints(position{epoch: l.Epoch + 1}, false)
		case done && errors.Is(err, ErrCancelFit): // by an AfterEpoch
			if failed := l.writeCheckpoints(position{epoch: l.Epoch + 1, stopped: true}, true); failed != nil {
				err = failed
			}
		}
	}
	if errors.Is(err, ErrCancelFit) {
		err = l.call(afterCancelFit)
	}
	return err
}

func (l *Learner) doEpoch(ctx context.Context) error {
	l.run.inEpoch = true
	defer func() { l.run.inEpoch = false }()
	err := l.withEvents(trainSection, func() error { return l.trainBatches(ctx, l.DLs.Train) })
	if err != nil {
		return err
	}
	return l.validate(ctx, l.DLs.Valid)
}

// validateOn runs a loader outside of a fit's epochs, whose state it would change.
func (l *Learner) validateOn(ctx context.Context, dl data.Loader) error {
	if l.run != nil && l.run.inEpoch {
		return errors.New("fastlearn: within an epoch of a fit neither a callback nor another goroutine can validate or predict: a callback can in AfterEpoch")
	}
	return l.validate(ctx, dl)
}

// validate runs a loader without gradients, in evaluation mode.
func (l *Learner) validate(ctx context.Context, dl data.Loader) (err error) {
	torch.NoGrad(func() {
		err = l.withEvents(validateSection, func() error { return l.allBatches(ctx, dl) })
	})
	return err
}

func (l *Learner) allBatches(ctx context.Context, dl data.Loader) error {
	l.Iter, l.NIter = 0, guard.Value("Len", dl, dl.Len)
	items := 0
	for b, err := range data.Batches(l.loaderContext(ctx), dl, 0) {
		if err != nil {
			return err
		}
		if b.Items == nil { // a loader that doesn't say
			b.Number(items)
		}
		items += len(b.Items)
		if err := l.oneBatch(b); err != nil {
			return err
		}
		if err := l.interrupted(ctx); err != nil {
			return err
		}
		l.Iter++
	}
	return l.interrupted(ctx)
}

func (l *Learner) oneBatch(b *data.Batch) error {
	defer b.Close()
	l.Batch, l.X, l.Y = b, b.X, b.Y
	defer l.endBatch()
	if err := b.Check(); err != nil {
		return err
	}
	err := l.withEvents(batchSection, l.doOneBatch)
	l.noteNotFinite()
	return err
}

func (l *Learner) doOneBatch() error {
	if err := torch.Try(func() { l.autocast(func() { l.Pred = callModel(l.Model, l.X) }) }); err != nil {
		return err
	}
	if err := l.call(afterPred); err != nil {
		return err
	}
	if l.Y != nil {
		err := torch.Try(func() {
			l.autocast(func() { l.LossGrad = l.lossOf(torch.ReductionMean) })
			l.LossValue = l.LossGrad.Item()
		})
		if err != nil {
			return err
		}
	}
	if err := l.call(afterLoss); err != nil {
		return err
	}
	if !l.Training || l.Y == nil {
		return nil
	}
	if err := l.withEvents(backwardSection, l.backward); err != nil {
		return err
	}
	if err := l.withEvents(stepSection, func() error { return torch.Try(l.Opt.Step) }); err != nil {
		return err
	}
	return torch.Try(l.Opt.ZeroGrad)
}

// hush silences the table or the bar until the function that it returns is called.
func (l *Learner) hush(logging, bar bool) func() {
	logger, noBar := l.Logger, l.NoBar
	if logging {
		l.Logger = nil
	}
	l.NoBar = noBar || bar
	return func() { l.Logger, l.NoBar = logger, noBar }
}

func (l *Learner) endBatch() { l.Batch, l.X, l.Y, l.Pred, l.LossGrad = nil, nil, nil, nil, nil }

func (l *Learner) endCleanup() { l.endBatch(); l.Training = false }
