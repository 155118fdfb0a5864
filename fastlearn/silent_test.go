package fastlearn

import (
	"strings"
	"testing"

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

func (wrongResult) AfterBatch(*Learner)             {}
func (wrongBeside) AfterBatch(*Learner)             {}
func (wrongBeside) AfterEpoch(*Learner) error       { return nil }
func (wrongArgument) BeforeFit(Learner) error       { return nil }
func (anotherFrame) OnEpochEnd(*Learner) error      { return nil }
func (typo) AfterEpoch(*Learner) error              { return nil }
func (typo) BeforeBacth(*Learner) error             { return nil }
func (noEvent) Whatever() error                     { return nil }
func (b *byPointer) AfterEpoch(*Learner) error      { b.n++; return nil }
func (mixedPointer) AfterEpoch(*Learner) error      { return nil }
func (m *mixedPointer) AfterFit(*Learner) error     { m.n++; return nil }
func (halfState) AfterEpoch(*Learner) error         { return nil }
func (halfState) State(*Learner) (*pth.Dict, error) { return nil, nil }
func (orderOfFloat) AfterEpoch(*Learner) error      { return nil }
func (orderOfFloat) Order() float64                 { return 1 }

// What a learner would pass over in silence is refused by NewLearner, by AddCallbacks and by Fit before its first batch, and named.
func TestOptionsThatSayNothingAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  LearnerOption
		want []string
	}{
		{"an event without its error", Callbacks(wrongResult{}), []string{"wrongResult", "AfterBatch(*fastlearn.Learner) error"}},
		{"one wrong event beside a right one", Callbacks(wrongBeside{}), []string{"wrongBeside", "AfterBatch(*fastlearn.Learner) error"}},
		{"an event with another argument", Callbacks(wrongArgument{}), []string{"wrongArgument", "BeforeFit(*fastlearn.Learner) error"}},
		{"an event of another framework", Callbacks(anotherFrame{}), []string{"anotherFrame", "OnEpochEnd", "AfterEpoch"}},
		{"a typing error beside an event", Callbacks(typo{}), []string{"typo", "BeforeBacth", "BeforeBatch"}},
		{"no event", Callbacks(noEvent{}), []string{"noEvent", "no event's method"}},
		{"methods of the pointer", Callbacks(byPointer{}), []string{"byPointer", "AfterEpoch", "pass a pointer"}},
		{"some methods of the pointer", Callbacks(mixedPointer{}), []string{"mixedPointer", "AfterFit", "pass a pointer"}},
		{"our own, by value", Callbacks(SaveModel{}), []string{"SaveModel", "pass a pointer"}},
		{"our own, by value", Callbacks(EarlyStopping{}), []string{"EarlyStopping", "pass a pointer"}},
		{"a state that is never read", Callbacks(halfState{}), []string{"halfState", "State(*fastlearn.Learner)", "LoadState"}},
		{"an order of another type", Callbacks(orderOfFloat{}), []string{"orderOfFloat", "Order() int"}},
		{"a nil callback", Callbacks(nil), []string{"a callback is nil"}},
		{"a nil pointer", Callbacks((*byPointer)(nil)), []string{"a callback is nil", "byPointer"}},
		{"one nil of two", Callbacks(TerminateOnNaN(), nil), []string{"a callback is nil"}},
		{"a nil metric", Metrics(nil), []string{"Metrics", "metric 1 is nil"}},
		{"one nil metric of two", Metrics(Accuracy, nil), []string{"Metrics", "metric 2 is nil"}},
		{"a constructor of nothing", Metrics(func() Metric { return nil }), []string{"Metrics", "metric 1", "made no metric"}},
		{"a nil option of a metric", Metrics(AccuracyMulti(nil)), []string{"accuracy_multi", "option 1 is nil"}},
		{"a nil option of another metric", Metrics(F1ScoreMulti(AverageMacro, Thresh(0.3), nil)), []string{"f1_score", "option 2 is nil"}},
		{"a metric of no function", Metrics(AvgMetric("m", nil)), []string{"AvgMetric m", "nil"}},
		{"another metric of no function", Metrics(AccumMetric("m", nil)), []string{"AccumMetric m", "nil"}},
		{"a nil schedule", Callbacks(&ParamScheduler{Scheds: map[string][]Schedule{"lr": {nil}}}), []string{"ParamScheduler: lr", "schedule 1 is nil"}},
		{"no schedule", Callbacks(&ParamScheduler{Scheds: map[string][]Schedule{"lr": nil}}), []string{"no schedule of lr"}},
		{"no loss", LossFunc(nil), []string{"LossFunc(nil)"}},
		{"a nil pointer as loss", LossFunc((*MSE)(nil)), []string{"LossFunc(nil)"}},
		{"no rule", OptFunc(nil), []string{"OptFunc(nil)"}},
		{"no splitter", SplitBy(nil), []string{"SplitBy(nil)"}},
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
			learn := line(t)
			model := nn.NewLinear(1, 1, true)
			defer nn.Close(model)
			before := len(learn.Callbacks())
			_, err := NewLearner(learn.DLs, model, LossFunc(squared{}), c.opt)
			check("NewLearner", err)
			config, _ := newLearnerConfig("", []LearnerOption{LossFunc(squared{}), c.opt})
			if len(config.callbacks) == 0 {
				return
			}
			check("AddCallbacks", learn.AddCallbacks(config.callbacks...))
			check("Fit", learn.Fit(t.Context(), 1, LR(0.1), Callbacks(config.callbacks...)))
			if n := len(learn.Callbacks()); n != before || len(learn.Recorder.Losses) != 0 {
				t.Errorf("%d callbacks instead of %d, %d batches were trained", n, before, len(learn.Recorder.Losses))
			}
		})
	}
}
