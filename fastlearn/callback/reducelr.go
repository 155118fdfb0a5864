package callback

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ReduceLROnPlateau makes a callback that divides the rates of all groups by [Factor] when a value
// has not improved for [Patience] epochs (fastai's ReduceLROnPlateau). It is for [fastlearn.Learner.Fit]:
// a schedule sets the rates anew at each batch.
func ReduceLROnPlateau(opts ...ReduceLROption) Tracking {
	r := &reduceLROnPlateau{epochs: 1, factor: 10}
	r.bad = guard.Options("callback: ReduceLROnPlateau", opts, func(o ReduceLROption) { o.reduce(r) })
	return r
}

// ReduceLROption changes a default of [ReduceLROnPlateau]; every [TrackerOption] is one.
type ReduceLROption interface{ reduce(*reduceLROnPlateau) }

type reduceLROption func(*reduceLROnPlateau)

func (o reduceLROption) reduce(r *reduceLROnPlateau) { o(r) }

// Factor sets what rates are divided by (default 10).
func Factor(f float64) ReduceLROption {
	return reduceLROption(func(r *reduceLROnPlateau) { r.factor = f })
}

// MinLR sets the rate below which none is reduced (default 0).
func MinLR(lr float64) ReduceLROption {
	return reduceLROption(func(r *reduceLROnPlateau) { r.minLR = lr })
}

type reduceLROnPlateau struct {
	tracker
	epochs        int // the patience
	factor, minLR float64

	waiting
}

// Order is fastai's.
func (*reduceLROnPlateau) Order() int { return 62 }

// AfterCreate checks the numbers.
func (r *reduceLROnPlateau) AfterCreate(l *fastlearn.Learner) error {
	switch {
	case !(r.factor > 0 && !math.IsInf(r.factor, 1)):
		return fmt.Errorf("callback: Factor %v: want a number above 0", r.factor)
	case !(r.minLR >= 0 && !math.IsInf(r.minLR, 1)):
		return fmt.Errorf("callback: MinLR %v: want a number of 0 or more", r.minLR)
	}
	return errors.Join(checkPatience(r.epochs), r.tracker.AfterCreate(l))
}

// BeforeFit begins to count.
func (r *reduceLROnPlateau) BeforeFit(l *fastlearn.Learner) error {
	r.wait = 0
	return r.tracker.BeforeFit(l)
}

// AfterEpoch reduces the rates.
func (r *reduceLROnPlateau) AfterEpoch(l *fastlearn.Learner) error {
	if !r.over(&r.tracker, l, r.epochs) {
		return nil
	}
	r.wait = 0
	last := l.Opt.Groups[len(l.Opt.Groups)-1].Hypers
	before := last["lr"]
	for _, g := range l.Opt.Groups {
		g.Hypers["lr"] = max(g.Hypers["lr"]/r.factor, r.minLR)
	}
	if last["lr"] < before {
		l.Logf("Epoch %d: reducing lr to %g", l.Epoch, last["lr"])
	}
	return nil
}

// Identity is its name, the value that it watches and what it does to the rates.
func (r *reduceLROnPlateau) Identity() string {
	if r == nil {
		return "ReduceLROnPlateau"
	}
	return fmt.Sprintf("%s by %v after %d to %v", r.identity("ReduceLROnPlateau"), r.factor, r.epochs, r.minLR)
}

// State is the best value and how long ago it was.
func (r *reduceLROnPlateau) State(l *fastlearn.Learner) (*pth.Dict, error) {
	return r.state(&r.tracker, l)
}

// LoadState takes them over.
func (r *reduceLROnPlateau) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	return pth.LoadNumbers(d, map[string]any{"best": &r.best, "wait": &r.wait})
}
