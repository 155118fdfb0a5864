package fastlearn

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Numbers with which a fit would make the weights NaN, or go uphill, are refused by their names, and nothing has changed then.
func TestHyperparametersAreRefused(t *testing.T) {
	type run func(l *Learner, v float64) error
	cycle := func(opt func(v float64) FitOption) run {
		return func(l *Learner, v float64) error { return l.FitOneCycle(t.Context(), 1, nil, opt(v)) }
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name string // in the error
		run  run
		bad  []float64
	}{
		{"learning rate", func(l *Learner, v float64) error { return l.Fit(t.Context(), 1, LR(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *Learner, v float64) error { return l.FitOneCycle(t.Context(), 1, LRs(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *Learner, v float64) error { return l.FitFlatCos(t.Context(), 1, SliceTo(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *Learner, v float64) error { return l.FitSGDR(t.Context(), 1, 1, Slice(0, v)) }, []float64{nan, inf, -1}},
		{"WD", func(l *Learner, v float64) error { return l.Fit(t.Context(), 1, nil, WD(v)) }, []float64{nan, inf, -0.1}},
		{"Div", cycle(Div), []float64{nan, inf, -1, 0}},
		{"DivFinal", cycle(DivFinal), []float64{nan, inf, -1, 0}},
		{"PctStart", cycle(PctStart), []float64{nan, inf, -0.1, 1.1}},
		{"Moms", cycle(func(v float64) FitOption { return Moms(0.95, v, 0.95) }), []float64{nan, inf, -0.1}},
		{"BaseLR", func(l *Learner, v float64) error { return l.FineTune(t.Context(), 1, BaseLR(v)) }, []float64{nan, inf, -1}},
		{"LRMult", func(l *Learner, v float64) error { return l.FineTune(t.Context(), 1, LRMult(v)) }, []float64{nan, inf, -1, 0}},
		{"LRFind", func(l *Learner, v float64) error { _, err := l.LRFind(t.Context(), StartLR(v)); return err }, []float64{nan, inf, -1, 0}},
		{"LRFind", func(l *Learner, v float64) error { _, err := l.LRFind(t.Context(), EndLR(v)); return err }, []float64{nan, inf, -1, 0}},
		{"wd of SGD", func(l *Learner, v float64) error {
			l.config.wd = &v
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"mom of SGD", func(l *Learner, v float64) error {
			l.config.rule = optim.SGD{Momentum: v}
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"learning rate", func(l *Learner, v float64) error {
			l.config.lr = LR(v)
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"mom of SGD", func(l *Learner, v float64) error {
			return l.Fit(t.Context(), 1, nil, Callbacks(&ParamScheduler{Scheds: map[string][]Schedule{"mom": {SchedNo(v, v)}}}))
		}, []float64{nan, inf, -1}},
	} {
		for _, v := range c.bad {
			t.Run(fmt.Sprintf("%s of %v", c.name, v), func(t *testing.T) {
				learn := line(t)
				before := fmt.Sprint(learn.weights())
				if err := c.run(learn, v); err == nil || !strings.Contains(err.Error(), c.name) {
					t.Errorf("want an error of %q: %v", c.name, err)
				}
				if after := fmt.Sprint(learn.weights()); after != before {
					t.Errorf("the weights are %s, and were %s", after, before)
				}
			})
		}
	}
}
