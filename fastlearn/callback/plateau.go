package callback

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// waiting counts the epochs since the last improvement.
type waiting struct{ wait int }

// over takes in an epoch and tells whether there was no improvement for so many.
func (w *waiting) over(t *Tracker, l *fastlearn.Learner, patience int) bool {
	switch there, best := t.look(l); {
	case best:
		w.wait = 0
	case there:
		w.wait++
		return w.wait >= patience
	}
	return false
}

func checkPatience(epochs int) error {
	if epochs < 0 {
		return fmt.Errorf("callback: Patience %d: want 0 or more", epochs)
	}
	return nil
}

func (w *waiting) state(t *Tracker, l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := t.State(l)
	d.Set("wait", int64(w.wait))
	return d, err
}

// EarlyStopping is a callback that ends a fit when a value has not improved for Patience
// epochs (fastai's EarlyStoppingCallback). A fit that it ended is at its end for [fastlearn.Resume], too; with more
// Patience it goes on, as if it had had that from the beginning. Pass a pointer.
type EarlyStopping struct {
	Tracker
	Patience int // 0 is 1

	waiting
	stopped bool // it ended the fit
}

func (e *EarlyStopping) patience() int { return max(e.Patience, 1) }

// Order is fastai's.
func (*EarlyStopping) Order() int { return 63 }

// AfterCreate checks the numbers.
func (e *EarlyStopping) AfterCreate(l *fastlearn.Learner) error {
	return errors.Join(checkPatience(e.Patience), e.Tracker.AfterCreate(l))
}

// BeforeFit begins to count.
func (e *EarlyStopping) BeforeFit(l *fastlearn.Learner) error {
	e.wait, e.stopped = 0, false
	return e.Tracker.BeforeFit(l)
}

// AfterEpoch ends the fit.
func (e *EarlyStopping) AfterEpoch(l *fastlearn.Learner) error {
	if !e.over(&e.Tracker, l, e.patience()) {
		return nil
	}
	e.stopped = true
	l.Logf("No improvement since epoch %d: early stopping", l.Epoch-e.wait)
	return fastlearn.ErrCancelFit
}

// GoesOn reports whether it would not end the fit now, since it has more Patience than when it did.
func (e *EarlyStopping) GoesOn() bool {
	ended := e != nil && e.stopped
	if ended {
		e.stopped = false
	}
	return ended && e.wait < e.patience()
}

// Identity is its name and the value that it watches: its Patience may grow.
func (e *EarlyStopping) Identity() string {
	if e == nil {
		return "EarlyStopping"
	}
	return e.identity("EarlyStopping")
}

// State is the best value and how long ago it was.
func (e *EarlyStopping) State(l *fastlearn.Learner) (*pth.Dict, error) {
	d, err := e.state(&e.Tracker, l)
	d.Set("stopped", e.stopped)
	return d, err
}

// LoadState takes them over.
func (e *EarlyStopping) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	e.stopped, _ = pth.Get[bool](d, "stopped") // older checkpoints don't say
	return pth.LoadNumbers(d, map[string]any{"best": &e.best, "wait": &e.wait})
}

// ReduceLROnPlateau is a callback that divides the rates of all groups by Factor when a value
// has not improved for Patience epochs (fastai's ReduceLROnPlateau). It is for [fastlearn.Learner.Fit]:
// a schedule sets the rates anew at each batch. Pass a pointer.
type ReduceLROnPlateau struct {
	Tracker
	Patience int     // 0 is 1
	Factor   float64 // 0 is 10
	MinLR    float64 // no rate gets smaller

	waiting
}

// Order is fastai's.
func (*ReduceLROnPlateau) Order() int { return 62 }

// AfterCreate checks the numbers.
func (r *ReduceLROnPlateau) AfterCreate(l *fastlearn.Learner) error {
	switch {
	case r.Factor != 0 && !(r.Factor > 0 && !math.IsInf(r.Factor, 1)):
		return fmt.Errorf("callback: Factor %v: want a number above 0", r.Factor)
	case !(r.MinLR >= 0 && !math.IsInf(r.MinLR, 1)):
		return fmt.Errorf("callback: MinLR %v: want a number of 0 or more", r.MinLR)
	}
	return errors.Join(checkPatience(r.Patience), r.Tracker.AfterCreate(l))
}

// BeforeFit begins to count.
func (r *ReduceLROnPlateau) BeforeFit(l *fastlearn.Learner) error {
	r.wait = 0
	return r.Tracker.BeforeFit(l)
}

// AfterEpoch reduces the rates.
func (r *ReduceLROnPlateau) AfterEpoch(l *fastlearn.Learner) error {
	if !r.over(&r.Tracker, l, max(r.Patience, 1)) {
		return nil
	}
	r.wait = 0
	last := l.Opt.Groups[len(l.Opt.Groups)-1].Hypers
	before := last["lr"]
	for _, g := range l.Opt.Groups {
		g.Hypers["lr"] = max(g.Hypers["lr"]/r.factor(), r.MinLR)
	}
	if last["lr"] < before {
		l.Logf("Epoch %d: reducing lr to %g", l.Epoch, last["lr"])
	}
	return nil
}

// Identity is its name, the value that it watches and what it does to the rates.
func (r *ReduceLROnPlateau) Identity() string {
	if r == nil {
		return "ReduceLROnPlateau"
	}
	return fmt.Sprintf("%s by %v after %d to %v", r.identity("ReduceLROnPlateau"), r.factor(), max(r.Patience, 1), r.MinLR)
}

func (r *ReduceLROnPlateau) factor() float64 {
	if r.Factor == 0 {
		return 10
	}
	return r.Factor
}

// State is the best value and how long ago it was.
func (r *ReduceLROnPlateau) State(l *fastlearn.Learner) (*pth.Dict, error) {
	return r.state(&r.Tracker, l)
}

// LoadState takes them over.
func (r *ReduceLROnPlateau) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	return pth.LoadNumbers(d, map[string]any{"best": &r.best, "wait": &r.wait})
}
