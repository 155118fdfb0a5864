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

// Tracker is what [SaveModel], [EarlyStopping] and [ReduceLROnPlateau] share: after each epoch it
// compares a value of the table with the best one so far (fastai's TrackerCallback).
// An epoch without that value counts for nothing; a NaN is never the best.
type Tracker struct {
	Monitor  string     // a head of the table, such as "accuracy"; empty is "valid_loss"
	Comp     Comparison // which values are better
	MinDelta float64    // by how much a value must be better than the best
	KeepBest bool       // keep the best of the last fit, instead of beginning anew (fastai's reset_on_fit=False)

	best float64
	used bool // best is that of a fit
}

// Monitor is a [Tracker] of that value: SaveModel{Tracker: Monitor("accuracy")}.
func Monitor(name string) Tracker { return Tracker{Monitor: name} }

// Best is the best value so far: an infinity before the first.
func (t *Tracker) Best() float64 {
	if t == nil {
		return 0
	}
	return t.best
}

// NotInLRFind leaves the learning rate finder alone.
func (*Tracker) NotInLRFind() {}

func (t *Tracker) monitor() string {
	if t.Monitor == "" {
		return "valid_loss"
	}
	return t.Monitor
}

func (t *Tracker) less() bool {
	name := t.monitor()
	return t.Comp == Less || t.Comp == ByName && (strings.Contains(name, "loss") || strings.Contains(name, "error"))
}

// AfterCreate refuses what compares nothing.
func (t *Tracker) AfterCreate(*fastlearn.Learner) error {
	switch {
	case t.Comp < ByName || t.Comp > Greater:
		return fmt.Errorf("callback: Comp %d: want ByName, Less or Greater", t.Comp)
	case math.IsNaN(t.MinDelta) || math.IsInf(t.MinDelta, 0):
		return fmt.Errorf("callback: MinDelta %v: want a finite number", t.MinDelta)
	}
	return nil
}

// BeforeFit looks for the value in the table, and refuses to watch a validation without batches.
func (t *Tracker) BeforeFit(l *fastlearn.Learner) error {
	if err := t.begin(l); err != nil {
		return err
	}
	if t.monitor() != "train_loss" && l.DLs.Valid.Len() == 0 {
		return fmt.Errorf("there is no %q to monitor: the validation set is empty; there is train_loss", t.monitor())
	}
	return nil
}

func (t *Tracker) begin(l *fastlearn.Learner) error {
	names := l.Recorder.ValueNames()
	if !slices.Contains(names, t.monitor()) {
		return fmt.Errorf("there is no %q to monitor: there are %s", t.monitor(), strings.Join(names, ", "))
	}
	if !t.used || !t.KeepBest {
		if t.best = math.Inf(-1); t.less() {
			t.best = math.Inf(1)
		}
	}
	t.used = true
	return nil
}

// look takes in the epoch's value. It tells whether there is one, and whether it is the best.
func (t *Tracker) look(l *fastlearn.Learner) (there, best bool) {
	last := l.Recorder.Values[len(l.Recorder.Values)-1]
	i := slices.Index(l.Recorder.ValueNames(), t.monitor())
	if i >= len(last) {
		return false, false
	}
	v := last[i]
	if t.less() {
		best = v+t.MinDelta < t.best
	} else {
		best = v-t.MinDelta > t.best
	}
	if best {
		t.best = v
	}
	return true, best
}

// identity is the name of a callback that watches the value.
func (t *Tracker) identity(name string) string {
	return fmt.Sprintf("%s(%s %v by %v)", name, t.monitor(), map[bool]string{true: "falling", false: "rising"}[t.less()], t.MinDelta)
}

// State is the best value.
func (t *Tracker) State(*fastlearn.Learner) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("best", t.best)
	return d, nil
}

// LoadState takes over the best value.
func (t *Tracker) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	return pth.LoadNumbers(d, map[string]any{"best": &t.best})
}
