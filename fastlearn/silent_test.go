package fastlearn_test

import (
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Callbacks that would never be called, or not all of them.
type (
	wrongResult   struct{}
	wrongBeside   struct{}
	wrongArgument struct{}
	anotherFrame  struct{}
	typo          struct{}
	noEvent       struct{}
	byPointer     struct{ n int }
	mixedPointer  struct{ n int }
	halfState     struct{}
	orderOfFloat  struct{}
)

func (wrongResult) AfterBatch(*fastlearn.Learner)             {}
func (wrongBeside) AfterBatch(*fastlearn.Learner)             {}
func (wrongBeside) AfterEpoch(*fastlearn.Learner) error       { return nil }
func (wrongArgument) BeforeFit(fastlearn.Learner) error       { return nil }
func (anotherFrame) OnEpochEnd(*fastlearn.Learner) error      { return nil }
func (typo) AfterEpoch(*fastlearn.Learner) error              { return nil }
func (typo) BeforeBacth(*fastlearn.Learner) error             { return nil }
func (noEvent) Whatever() error                               { return nil }
func (b *byPointer) AfterEpoch(*fastlearn.Learner) error      { b.n++; return nil }
func (mixedPointer) AfterEpoch(*fastlearn.Learner) error      { return nil }
func (m *mixedPointer) AfterFit(*fastlearn.Learner) error     { m.n++; return nil }
func (halfState) AfterEpoch(*fastlearn.Learner) error         { return nil }
func (halfState) State(*fastlearn.Learner) (*pth.Dict, error) { return nil, nil }
func (orderOfFloat) AfterEpoch(*fastlearn.Learner) error      { return nil }
func (orderOfFloat) Order() float64                           { return 1 }

// What a learner would pass over in silence is refused by NewLearner, by AddCallbacks and by Fit before its first batch, and named.
func TestOptionsThatSayNothingAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  fastlearn.LearnerOption
		want []string
	}{
		{"an event without its error", fastlearn.Callbacks(wrongResult{}), []string{"wrongResult", "AfterBatch(*fastlearn.Learner) error"}},
		{"one wrong event beside a right one", fastlearn.Callbacks(wrongBeside{}), []string{"wrongBeside", "AfterBatch(*fastlearn.Learner) error"}},
		{"an event with another argument", fastlearn.Callbacks(wrongArgument{}), []string{"wrongArgument", "BeforeFit(*fastlearn.Learner) error"}},
		{"an event of another framework", fastlearn.Callbacks(anotherFrame{}), []string{"anotherFrame", "OnEpochEnd", "AfterEpoch"}},
		{"a typing error beside an event", fastlearn.Callbacks(typo{}), []string{"typo", "BeforeBacth", "BeforeBatch"}},
		{"no event", fastlearn.Callbacks(noEvent{}), []string{"noEvent", "no event's method"}},
		{"methods of the pointer", fastlearn.Callbacks(byPointer{}), []string{"byPointer", "AfterEpoch", "pass a pointer"}},
		{"some methods of the pointer", fastlearn.Callbacks(mixedPointer{}), []string{"mixedPointer", "AfterFit", "pass a pointer"}},
		{"a state that is never read", fastlearn.Callbacks(halfState{}), []string{"halfState", "State(*fastlearn.Learner)", "LoadState"}},
		{"an order of another type", fastlearn.Callbacks(orderOfFloat{}), []string{"orderOfFloat", "Order() int"}},
		{"a nil callback", fastlearn.Callbacks(nil), []string{"a callback is nil"}},
		{"a nil pointer", fastlearn.Callbacks((*byPointer)(nil)), []string{"a callback is nil", "byPointer"}},
		{"one nil of two", fastlearn.Callbacks(callback.TerminateOnNaN(), nil), []string{"a callback is nil"}},
		{"a nil metric", fastlearn.Metrics(nil), []string{"Metrics", "metric 1 is nil"}},
		{"one nil metric of two", fastlearn.Metrics(metric.Accuracy(), nil), []string{"Metrics", "metric 2 is nil"}},
		{"a nil option of a metric", fastlearn.Metrics(metric.AccuracyMulti(nil)), []string{"accuracy_multi", "option 1 is nil"}},
		{"a nil option of another metric", fastlearn.Metrics(metric.F1ScoreMulti(metric.AverageMacro, metric.Thresh(0.3), nil)), []string{"f1_score", "option 2 is nil"}},
		{"a metric of no function", fastlearn.Metrics(metric.Avg("m", nil)), []string{"metric.Avg m", "nil"}},
		{"another metric of no function", fastlearn.Metrics(metric.Accum("m", nil)), []string{"metric.Accum m", "nil"}},
		{"a nil schedule", fastlearn.Callbacks(&fastlearn.ParamScheduler{Scheds: map[string][]fastlearn.Schedule{"lr": {nil}}}), []string{"ParamScheduler: lr", "schedule 1 is nil"}},
		{"no schedule", fastlearn.Callbacks(&fastlearn.ParamScheduler{Scheds: map[string][]fastlearn.Schedule{"lr": nil}}), []string{"no schedule of lr"}},
		{"no loss", fastlearn.LossFunc(nil), []string{"LossFunc(nil)"}},
		{"a nil pointer as loss", fastlearn.LossFunc((*loss.MSE)(nil)), []string{"LossFunc(nil)"}},
		{"no rule", fastlearn.OptFunc(nil), []string{"OptFunc(nil)"}},
		{"no splitter", fastlearn.SplitBy(nil), []string{"SplitBy(nil)"}},
		{"a nil option", nil, []string{"option 2 is nil"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := func(how string, err error) {
				t.Helper()
				for _, want := range c.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %v: want %q", how, err, want)
					}
				}
			}
			learn := fixture.Line(t)
			model := nn.NewLinear(1, 1)
			defer nn.Close(model)
			before := len(learn.Callbacks())
			_, err := fastlearn.NewLearner(learn.DLs, model, fastlearn.LossFunc(fixture.Squared{}), c.opt)
			check("NewLearner", err)
			callbacks := fastlearn.CallbacksOf(fastlearn.LossFunc(fixture.Squared{}), c.opt)
			if len(callbacks) == 0 {
				return
			}
			check("AddCallbacks", learn.AddCallbacks(callbacks...))
			check("Fit", learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(callbacks...)))
			if n := len(learn.Callbacks()); n != before || len(learn.Recorder.Losses) != 0 {
				t.Errorf("%d callbacks instead of %d, %d batches were trained", n, before, len(learn.Recorder.Losses))
			}
		})
	}
}
