package fastlearn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Numbers with which a fit would make the weights NaN, go uphill, or compare with nothing are refused by their names, and nothing has
// changed then.
func TestHyperparametersAreRefused(t *testing.T) {
	type run = func(l *fastlearn.Learner, v float64) error
	made := func(opt func(v float64) fastlearn.LearnerOption) run {
		return func(l *fastlearn.Learner, v float64) error {
			m := nn.NewLinear(1, 1)
			defer nn.Close(m)
			other, err := fastlearn.NewLearner(l.DLs, m, fastlearn.LossFunc(fixture.Squared{}), opt(v))
			if err == nil {
				other.Close()
			}
			return err
		}
	}
	criterion := func(f func(v float64) loss.Loss) run {
		return made(func(v float64) fastlearn.LearnerOption { return fastlearn.LossFunc(f(v)) })
	}
	measured := func(f func(v float64) metric.Metric) run {
		return made(func(v float64) fastlearn.LearnerOption { return fastlearn.Metrics(f(v)) })
	}
	called := func(f func(v float64) fastlearn.Callback) run {
		return func(l *fastlearn.Learner, v float64) error {
			return l.Fit(t.Context(), 1, nil, fastlearn.Callbacks(f(v)))
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name string // in the error
		run  run
		bad  []float64
	}{
		{"learning rate", func(l *fastlearn.Learner, v float64) error { return l.Fit(t.Context(), 1, fastlearn.LR(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *fastlearn.Learner, v float64) error { return l.FitOneCycle(t.Context(), 1, fastlearn.LR(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *fastlearn.Learner, v float64) error { return l.FitFlatCos(t.Context(), 1, fastlearn.SliceTo(v)) }, []float64{nan, inf, -1}},
		{"learning rate", func(l *fastlearn.Learner, v float64) error {
			return l.FitSGDR(t.Context(), 1, 1, fastlearn.Slice(0, v))
		}, []float64{nan, inf, -1}},
		{"WD", func(l *fastlearn.Learner, v float64) error { return l.Fit(t.Context(), 1, nil, fastlearn.WD(v)) }, []float64{nan, inf, -0.1}},
		{"Div", cycle(t, fastlearn.Div), []float64{nan, inf, -1, 0}},
		{"DivFinal", cycle(t, fastlearn.DivFinal), []float64{nan, inf, -1, 0}},
		{"PctStart", cycle(t, fastlearn.PctStart), []float64{nan, inf, -0.1, 1.1}},
		{"Moms", cycle(t, func(v float64) fastlearn.OneCycleOption { return fastlearn.Moms(0.95, v, 0.95) }), []float64{nan, inf, -0.1}},
		{"BaseLR", func(l *fastlearn.Learner, v float64) error { return l.FineTune(t.Context(), 1, fastlearn.BaseLR(v)) }, []float64{nan, inf, -1}},
		{"LRMult", func(l *fastlearn.Learner, v float64) error { return l.FineTune(t.Context(), 1, fastlearn.LRMult(v)) }, []float64{nan, inf, -1, 0}},
		{"LRFind", func(l *fastlearn.Learner, v float64) error {
			_, err := l.LRFind(t.Context(), fastlearn.StartLR(v))
			return err
		}, []float64{nan, inf, -1, 0}},
		{"LRFind", func(l *fastlearn.Learner, v float64) error {
			_, err := l.LRFind(t.Context(), fastlearn.EndLR(v))
			return err
		}, []float64{nan, inf, -1, 0}},
		{"wd of SGD", func(l *fastlearn.Learner, v float64) error {
			l.SetWD(v)
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"mom of SGD", func(l *fastlearn.Learner, v float64) error {
			l.SetRule(optim.SGD{Momentum: v})
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"learning rate", func(l *fastlearn.Learner, v float64) error {
			l.SetRate(fastlearn.LR(v))
			return l.Fit(t.Context(), 1, nil)
		}, []float64{nan, inf, -1}},
		{"mom of SGD", func(l *fastlearn.Learner, v float64) error {
			return l.Fit(t.Context(), 1, nil, fastlearn.Callbacks(&fastlearn.ParamScheduler{Scheds: map[string][]fastlearn.Schedule{"mom": {fastlearn.SchedNo(v, v)}}}))
		}, []float64{nan, inf, -1}},
		{"CrossEntropy: LabelSmoothing", criterion(func(v float64) loss.Loss { return loss.CrossEntropy{LabelSmoothing: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"LabelSmoothing: Eps", criterion(func(v float64) loss.Loss { return &loss.LabelSmoothing{Eps: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"BCEWithLogits: Threshold", criterion(func(v float64) loss.Loss { return loss.BCEWithLogits{Threshold: v} }), []float64{nan, inf, -0.1, 1.1}},
		{"Focal: Gamma", criterion(func(v float64) loss.Loss { return loss.Focal{Gamma: v} }), []float64{nan, inf, -1}},
		{"fbeta_score: beta", measured(func(v float64) metric.Metric { return metric.FBeta(v, metric.AverageMacro) }), []float64{nan, -1}},
		{"fbeta_score: beta", measured(func(v float64) metric.Metric { return metric.FBetaMulti(v, metric.AverageMacro) }), []float64{nan, -1}},
		{"accuracy_multi: Thresh", measured(func(v float64) metric.Metric { return metric.AccuracyMulti(metric.Thresh(v)) }), []float64{nan, inf, -0.1, 1.1}},
		{"recall_score: Thresh", measured(func(v float64) metric.Metric {
			return metric.RecallMulti(metric.AverageMacro, metric.Thresh(v), metric.NoSigmoid())
		}), []float64{nan}},
		{"Factor", called(func(v float64) fastlearn.Callback { return callback.ReduceLROnPlateau(callback.Factor(v)) }), []float64{nan, inf, -1}},
		{"MinLR", called(func(v float64) fastlearn.Callback { return callback.ReduceLROnPlateau(callback.MinLR(v)) }), []float64{nan, inf, -1}},
		{"Patience", called(func(v float64) fastlearn.Callback { return callback.ReduceLROnPlateau(callback.Patience(int(v))) }), []float64{-1}},
		{"Patience", called(func(v float64) fastlearn.Callback { return callback.EarlyStopping(callback.Patience(int(v))) }), []float64{-1}},
		{"EveryEpoch", called(func(v float64) fastlearn.Callback { return callback.SaveModel(callback.EveryEpoch(int(v))) }), []float64{-1}},
		{"Comp", called(func(v float64) fastlearn.Callback {
			return callback.EarlyStopping(callback.Comp(callback.Comparison(v)))
		}), []float64{-1, 3}},
		{"MinDelta", called(func(v float64) fastlearn.Callback { return callback.SaveModel(callback.MinDelta(v)) }), []float64{nan, inf}},
		{"MinDelta", called(func(v float64) fastlearn.Callback {
			return callback.ReduceLROnPlateau(callback.MinDelta(v))
		}), []float64{nan, inf}},
		{"GradientClip", called(func(v float64) fastlearn.Callback { return callback.GradientClip(v, 2) }), []float64{nan, -1, 0}},
		{"GradientClip", called(func(v float64) fastlearn.Callback { return callback.GradientClip(1, v) }), []float64{nan, -1, 0}},
		{"GradientAccumulation", called(func(v float64) fastlearn.Callback { return callback.GradientAccumulation(int(v)) }), []float64{-1, 0}},
		{"MixUp", called(func(v float64) fastlearn.Callback { return callback.MixUp(v) }), []float64{nan, inf, -1, 0}},
		{"CutMix", called(func(v float64) fastlearn.Callback { return callback.CutMix(v) }), []float64{nan, inf, -1, 0}},
		{"EMA", called(func(v float64) fastlearn.Callback { return callback.EMA(v) }), []float64{nan, inf, -1, 1}},
		{"ShortEpoch", called(func(v float64) fastlearn.Callback { return callback.ShortEpoch(v) }), []float64{nan, inf, -0.1, 1.1}},
	} {
		for _, v := range c.bad {
			t.Run(fmt.Sprintf("%s of %v", c.name, v), func(t *testing.T) {
				learn := fixture.Line(t)
				before := fmt.Sprint(fixture.WeightsOf(learn))
				if err := c.run(learn, v); err == nil || !strings.Contains(err.Error(), c.name) {
					t.Errorf("want an error of %q: %v", c.name, err)
				}
				if after := fmt.Sprint(fixture.WeightsOf(learn)); after != before {
					t.Errorf("the weights are %s, and were %s", after, before)
				}
			})
		}
	}
}

// cycle runs a cycle with an option.
func cycle[O fastlearn.OneCycleOption](t *testing.T, opt func(v float64) O) func(l *fastlearn.Learner, v float64) error {
	return func(l *fastlearn.Learner, v float64) error { return l.FitOneCycle(t.Context(), 1, nil, opt(v)) }
}
