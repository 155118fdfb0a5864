package callback

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Comparison says which of two values is the better one.
type Comparison int

const (
	ByName  Comparison = iota // Less for what has "loss" or "error" in its name, else Greater
	Less                      // the smaller one
	Greater                   // the larger one
)

// Tracking is a callback that compares a value with the best one so far, as [SaveModel], [EarlyStopping] and [ReduceLROnPlateau] do.
type Tracking interface {
	fastlearn.Callback
	// Best is the best value so far: an infinity before the first.
	Best() float64
}

// TrackerOption changes a default of what [SaveModel], [EarlyStopping] and [ReduceLROnPlateau] compare.
type TrackerOption func(*tracker)

func (o TrackerOption) save(s *saveModel)           { o(&s.tracker) }
func (o TrackerOption) stop(e *earlyStopping)       { o(&e.tracker) }
func (o TrackerOption) reduce(r *reduceLROnPlateau) { o(&r.tracker) }

// Monitor sets the value that is watched, a head of the table such as "accuracy" (default "valid_loss").
func Monitor(name string) TrackerOption { return func(t *tracker) { t.value = name } }

// Comp sets which values are better (default [ByName]).
func Comp(c Comparison) TrackerOption { return func(t *tracker) { t.comp = c } }

// MinDelta sets by how much a value must be better than the best (default 0).
func MinDelta(d float64) TrackerOption { return func(t *tracker) { t.minDelta = d } }

// KeepBest keeps the best of the last fit, instead of beginning anew (fastai's reset_on_fit=False).
func KeepBest() TrackerOption { return func(t *tracker) { t.keepBest = true } }

// tracker is what they share: after each epoch it compares a value of the table with the best one so far (fastai's
// TrackerCallback). An epoch without that value counts for nothing; a NaN is never the best.
type tracker struct {
	value    string
	comp     Comparison
	minDelta float64
	keepBest bool
	bad      error // an option that is nil

	best float64
	used bool // best is that of a fit
}

// Best is the best value so far: an infinity before the first.
func (t *tracker) Best() float64 {
	if t == nil {
		return 0
	}
	return t.best
}

// NotInLRFind leaves the learning rate finder alone.
func (*tracker) NotInLRFind() {}

func (t *tracker) monitor() string {
	if t.value == "" {
		return "valid_loss"
	}
	return t.value
}

func (t *tracker) less() bool {
	name := t.monitor()
	return t.comp == Less || t.comp == ByName && (strings.Contains(name, "loss") || strings.Contains(name, "error"))
}

// AfterCreate refuses what compares nothing.
func (t *tracker) AfterCreate(*fastlearn.Learner) error {
	switch {
	case t.bad != nil:
		return t.bad
	case t.comp < ByName || t.comp > Greater:
		return fmt.Errorf("callback: Comp %d: want ByName, Less or Greater", t.comp)
	case math.IsNaN(t.minDelta) || math.IsInf(t.minDelta, 0):
		return fmt.Errorf("callback: MinDelta %v: want a finite number", t.minDelta)
	}
	return nil
}

// BeforeFit looks for the value in the table, and refuses to watch a validation without batches.
func (t *tracker) BeforeFit(l *fastlearn.Learner) error {
	if err := t.begin(l); err != nil {
		return err
	}
	if t.monitor() != "train_loss" && l.DLs.Valid.Len() == 0 {
		return fmt.Errorf("there is no %q to monitor: the validation set is empty; there is train_loss", t.monitor())
	}
	return nil
}

func (t *tracker) begin(l *fastlearn.Learner) error {
	names := l.Recorder.ValueNames()
	if !slices.Contains(names, t.monitor()) {
		return fmt.Errorf("there is no %q to monitor: there are %s", t.monitor(), strings.Join(names, ", "))
	}
	if !t.used || !t.keepBest {
		if t.best = math.Inf(-1); t.less() {
			t.best = math.Inf(1)
		}
	}
	t.used = true
	return nil
}

// look takes in the epoch's value. It tells whether there is one, and whether it is the best.
func (t *tracker) look(l *fastlearn.Learner) (there, best bool) {
	last := l.Recorder.Values[len(l.Recorder.Values)-1]
	i := slices.Index(l.Recorder.ValueNames(), t.monitor())
	if i >= len(last) {
		return false, false
	}
	v := last[i]
	if t.less() {
		best = v+t.minDelta < t.best
	} else {
		best = v-t.minDelta > t.best
	}
	if best {
		t.best = v
	}
	return true, best
}

// identity is the name of a callback that watches the value.
func (t *tracker) identity(name string) string {
	return fmt.Sprintf("%s(%s %v by %v)", name, t.monitor(), map[bool]string{true: "falling", false: "rising"}[t.less()], t.minDelta)
}

// State is the best value.
func (t *tracker) State(*fastlearn.Learner) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("best", t.best)
	return d, nil
}

// LoadState takes over the best value.
func (t *tracker) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	return pth.LoadNumbers(d, map[string]any{"best": &t.best})
}
