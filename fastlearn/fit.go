package fastlearn

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
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

// prepareFit does what comes before a fit's first event, until undo is called.
func (l *Learner) prepareFit(ctx context.Context, epochs int, lr LearningRate, c fitConfig) (undo func(), err error) {
	if epochs < 1 {
		return nil, fmt.Errorf("fastlearn: fit for %d epochs: want 1 or more", epochs)
	}
	if l.journal != nil {
		return nil, errors.New("fastlearn: a fit of this learner is running, in which neither a callback nor another goroutine can begin another")
	}
	var undos []func()
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
	joined, err := l.peers.shard(l)
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
	l.peers.begin(ctx)
	l.NEpoch, l.diverged = epochs, false
	quiet := l.peers.rank() != 0
	undos = append(undos, func() {
		l.peers.end()
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
