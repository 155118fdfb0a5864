package callback

import (
	"errors"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// EarlyStopping makes a callback that ends a fit when a value has not improved for [Patience]
// epochs (fastai's EarlyStoppingCallback). A fit that it ended is at its end for [fastlearn.Resume], too; with more
// Patience it goes on, as if it had had that from the beginning.
func EarlyStopping(opts ...EarlyStoppingOption) Tracking {
	e := &earlyStopping{epochs: 1}
	e.bad = guard.Options("callback: EarlyStopping", opts, func(o EarlyStoppingOption) { o.stop(e) })
	return e
}

// EarlyStoppingOption changes a default of [EarlyStopping]; every [TrackerOption] is one.
type EarlyStoppingOption interface{ stop(*earlyStopping) }

type earlyStopping struct {
	tracker
	epochs int // the patience

	waiting
	stopped bool // it ended the fit
}

// Order is fastai's.
func (*earlyStopping) Order() int { return 63 }

// AfterCreate checks the numbers.
func (e *earlyStopping) AfterCreate(l *fastlearn.Learner) error {
	return errors.Join(checkPatience(e.epochs), e.tracker.AfterCreate(l))
}

// BeforeFit begins to count.
func (e *earlyStopping) BeforeFit(l *fastlearn.Learner) error {
	e.wait, e.stopped = 0, false
	return e.tracker.BeforeFit(l)
}

// AfterEpoch ends the fit.
func (e *earlyStopping) AfterEpoch(l *fastlearn.Learner) error {
	if !e.over(&e.tracker, l, e.epochs) {
		return nil
	}
	e.stopped = true
	l.Logf("No improvement since epoch %d: early stopping", l.Epoch-e.wait)
	return fastlearn.ErrCancelFit
}

// GoesOn reports whether it would not end the fit now, since it has more Patience than when it did.
func (e *earlyStopping) GoesOn() bool {
	ended := e != nil && e.stopped
	if ended {
		e.stopped = false
	}
	return ended && e.wait < e.epochs
}

// Identity is its name and the value that it watches: its Patience may grow.
func (e *earlyStopping) Identity() string {
	if e == nil {
		return "EarlyStopping"
	}
	return e.identity("EarlyStopping")
}

// State is the best value and how long ago it was.
func (e *earlyStopping) State(l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := e.state(&e.tracker, l)
	d.Set("stopped", e.stopped)
	return d, err
}

// LoadState takes them over.
func (e *earlyStopping) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	e.stopped, _ = pth.Get[bool](d, "stopped") // older checkpoints don't say
	return pth.LoadNumbers(d, map[string]any{"best": &e.best, "wait": &e.wait})
}
