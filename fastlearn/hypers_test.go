package fastlearn

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Numbers with which a fit would make the weights NaN, go uphill, or compare with nothing are refused by their names, and nothing has
// changed then.
func TestHyperparametersAreRefused(t *testing.T) {
	type run func(l *Learner, v float64) error
	cycle := func(opt func(v float64) FitOption) run {
		return func(l *Learner, v float64) error { return l.FitOneCycle(t.Context(), 1, nil, opt(v)) }
	}
	made := func(opt func(v float64) LearnerOption) run {
		return func(l *Learner, v float64) error {
			m := nn.NewLinear(1, 1, true)
			defer nn.Close(m)
			other, err := NewLearner(l.DLs, m, LossFunc(squared{}), opt(v))
			if err == nil {
				other.Close()
			}
			return err
		}
	}
	loss := func(f func(v float64) Loss) run { return made(func(v float64) LearnerOption { return LossFunc(f(v)) }) }
	metric := func(f func(v float64) func() Metric) run {
		return made(func(v float64) LearnerOption { return Metrics(f(v)) })
	}
	callback := func(f func(v float64) Callback) run {
		return func(l *Learner, v float64) error { return l.Fit(t.Context(), 1, nil, Callbacks(f(v))) }
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
		{"CrossEntropy: LabelSmoothing", loss(func(v float64) Loss { return CrossEntropy{LabelSmoothing: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"LabelSmoothing: Eps", loss(func(v float64) Loss { return &LabelSmoothing{Eps: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"BCEWithLogits: Threshold", loss(func(v float64) Loss { return BCEWithLogits{Threshold: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"Focal: Gamma", loss(func(v float64) Loss { return Focal{Gamma: v} }), []float64{nan, inf, -1}},
		{"fbeta_score: beta", metric(func(v float64) func() Metric { return FBeta(v, AverageMacro) }), []float64{nan, -1}},
		{"fbeta_score: beta", metric(func(v float64) func() Metric { return FBetaMulti(v, AverageMacro) }), []float64{nan, -1}},
		{"accuracy_multi: Thresh", metric(func(v float64) func() Metric { return AccuracyMulti(Thresh(v)) }), []float64{nan, inf, -0.1, 1.1}},
		{"recall_score: Thresh", metric(func(v float64) func() Metric { return RecallMulti(AverageMacro, Thresh(v), NoSigmoid()) }), []float64{nan}},
		{"Factor", callback(func(v float64) Callback { return &ReduceLROnPlateau{Factor: v} }), []float64{nan, inf, -1}},
		{"MinLR", callback(func(v float64) Callback { return &ReduceLROnPlateau{MinLR: v} }), []float64{nan, inf, -1}},
		{"Patience", callback(func(v float64) Callback { return &ReduceLROnPlateau{Patience: int(v)} }), []float64{-1}},
		{"Patience", callback(func(v float64) Callback { return &EarlyStopping{Patience: int(v)} }), []float64{-1}},
		{"EveryEpoch", callback(func(v float64) Callback { return &SaveModel{EveryEpoch: int(v)} }), []float64{-1}},
		{"Comp", callback(func(v float64) Callback { return &EarlyStopping{Tracker: Tracker{Comp: Comparison(v)}} }), []float64{-1, 3}},
		{"MinDelta", callback(func(v float64) Callback { return &SaveModel{Tracker: Tracker{MinDelta: v}} }), []float64{nan, inf}},
		{"MinDelta", callback(func(v float64) Callback { return &ReduceLROnPlateau{Tracker: Tracker{MinDelta: v}} }), []float64{nan, inf}},
		{"GradientClip", callback(func(v float64) Callback { return GradientClip(v, 2) }), []float64{nan, -1, 0}},
		{"GradientClip", callback(func(v float64) Callback { return GradientClip(1, v) }), []float64{nan, -1, 0}},
		{"GradientAccumulation", callback(func(v float64) Callback { return GradientAccumulation(int(v)) }), []float64{-1, 0}},
		{"MixUp", callback(func(v float64) Callback { return MixUp(v) }), []float64{nan, inf, -1, 0}},
		{"CutMix", callback(func(v float64) Callback { return CutMix(v) }), []float64{nan, inf, -1, 0}},
		{"EMA", callback(func(v float64) Callback { return EMA(v) }), []float64{nan, inf, -1, 1}},
		{"ShortEpoch", callback(func(v float64) Callback { return ShortEpoch(v, true) }), []float64{nan, inf, -0.1, 1.1}},
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
