package fastlearn

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/trim"
)

// withFit is the border of the methods that fit: it gives f their options.
func withFit[O any](ctx context.Context, l *Learner, method string, opts []O, set func(O, *fitConfig), f func(c fitConfig) error) error {
	return l.do(method, func() error {
		c, err := newFitConfig("fastlearn: "+method, opts, set)
		if err := errors.Join(err, guard.Context("fastlearn: "+method, ctx)); err != nil {
			return err
		}
		return f(c)
	})
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

// fit trains as c says.
func (l *Learner) fit(ctx context.Context, epochs int, lr LearningRate, c fitConfig) error {
	undo, err := l.prepareFit(ctx, epochs, lr, c)
	if err != nil {
		return err
	}
	defer undo()
	return l.run(ctx)
}

// prepareFit does what comes before a fit's first event, until undo is called.
func (l *Learner) prepareFit(ctx context.Context, epochs int, lr LearningRate, c fitConfig) (undo func(), err error) {
	if epochs < 1 {
		return nil, fmt.Errorf("fastlearn: fit for %d epochs: want 1 or more", epochs)
	}
	if l.journal != nil {
		return nil, errors.New("fastlearn: a fit of this learner is running, in which neither a callback nor another goroutine can begin another")
	}
	undos := []func(){trim.Heap} // what steps have freed, which the optimizer has the heap keep
	undoAll := func() {
		for i := len(undos) - 1; i >= 0; i-- {
			undos[i]()
		}
	}
	ready := false // it is false after an error, and while a panic or a Goexit unwinds
	defer func() {
		if !ready {
			undoAll()
		}
	}()
	joined, err := l.peers.Shard(&l.DLs)
	if err != nil {
		return nil, err
	}
	undos = append(undos, joined)
	if c.startEpoch != 0 {
		c.callbacks = append(c.callbacks[:len(c.callbacks):len(c.callbacks)], skipToEpoch(c.startEpoch))
	}
	if c.resume == "" {
		c.callbacks = append(c.callbacks[:len(c.callbacks):len(c.callbacks)], &sharesCores{})
	}
	if err := l.prepareOpt(lr, c); err != nil {
		return nil, err
	}
	remove, err := l.addCallbacks(c.callbacks)
	if err != nil {
		return nil, err
	}
	undos = append(undos, remove)
	if err := l.checkBatchOfOne(ctx); err != nil {
		return nil, err
	}
	j, err := l.newCheckpoints(epochs, c)
	if err != nil {
		return nil, err
	}
	l.journal, l.Resumed = j, j.resumed
	l.peers.Begin(ctx)
	l.NEpoch, l.diverged = epochs, false
	quiet := l.peers.Rank() != 0
	undos = append(undos, func() {
		l.peers.End()
		l.journal.end()
		l.journal = nil
	}, l.hush(c.noLogging || quiet, c.noBar || quiet))
	ready = true
	return undoAll, nil
}

// prepareOpt makes the optimizer, if there is none, and sets what the fit says of it.
func (l *Learner) prepareOpt(lr LearningRate, c fitConfig) error {
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
	return l.setLR(lr)
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
