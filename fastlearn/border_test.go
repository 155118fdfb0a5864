package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// noMap is a map that nobody made.
var noMap map[string]int

// failures are the ways in which a user's function fails without returning.
var failures = map[string]func(){
	"user panic": func() { panic("user panic") },
	"nil map":    func() { noMap["x"] = 1 },
	"torch.view": func() { s := torch.NewScope(); defer s.Close(); s.Ones(3).View(7) },
}

// checkPanic wants an error that names the function and holds its stack; a torch error is within.
func checkPanic(t *testing.T, err error, what, function string) {
	t.Helper()
	var p *fastlearn.PanicError
	if !errors.As(err, &p) || !strings.Contains(err.Error(), function) || !strings.Contains(err.Error(), what) || !strings.Contains(string(p.Stack), "_test.go") {
		t.Errorf("%v: want a PanicError of %s with its stack, of %q", err, function, what)
	}
	var e *torch.Error
	if errors.As(err, &e) != (what == "torch.view") {
		t.Errorf("%v: *torch.Error within: %v", err, e != nil)
	}
}

// bomb is a callback that has every event and fails at one of them.
type bomb struct {
	at   string
	fail func()
}

func (b *bomb) do(at string) error {
	if at == b.at {
		b.fail()
	}
	return nil
}

func (b *bomb) Order() int                              { return 80 }
func (b *bomb) BeforeFit(*fastlearn.Learner) error      { return b.do("BeforeFit") }
func (b *bomb) BeforeEpoch(*fastlearn.Learner) error    { return b.do("BeforeEpoch") }
func (b *bomb) BeforeTrain(*fastlearn.Learner) error    { return b.do("BeforeTrain") }
func (b *bomb) BeforeBatch(*fastlearn.Learner) error    { return b.do("BeforeBatch") }
func (b *bomb) AfterPred(*fastlearn.Learner) error      { return b.do("AfterPred") }
func (b *bomb) AfterLoss(*fastlearn.Learner) error      { return b.do("AfterLoss") }
func (b *bomb) BeforeBackward(*fastlearn.Learner) error { return b.do("BeforeBackward") }
func (b *bomb) AfterBackward(*fastlearn.Learner) error  { return b.do("AfterBackward") }
func (b *bomb) BeforeStep(*fastlearn.Learner) error     { return b.do("BeforeStep") }
func (b *bomb) AfterStep(*fastlearn.Learner) error      { return b.do("AfterStep") }
func (b *bomb) AfterBatch(*fastlearn.Learner) error     { return b.do("AfterBatch") }
func (b *bomb) AfterTrain(*fastlearn.Learner) error     { return b.do("AfterTrain") }
func (b *bomb) BeforeValidate(*fastlearn.Learner) error { return b.do("BeforeValidate") }
func (b *bomb) AfterValidate(*fastlearn.Learner) error  { return b.do("AfterValidate") }
func (b *bomb) AfterEpoch(*fastlearn.Learner) error     { return b.do("AfterEpoch") }
func (b *bomb) AfterFit(*fastlearn.Learner) error       { return b.do("AfterFit") }

// closing counts the fits that came to an end.
type closing struct{ fits int }

func (*closing) Order() int                          { return 90 } // after bomb, whose failure must not keep it from its turn
func (c *closing) AfterFit(*fastlearn.Learner) error { c.fits++; return nil }

// Whatever a callback does at any event, a panic, an operation of torch that fails or runtime.Goexit, the fit comes to its AfterFit,
// the callbacks of the fit are gone, no tensor, file or goroutine is left, and the learner trains on.
func TestCallbacksThatPanic(t *testing.T) {
	collector.Off(t)
	files := func() int { d, _ := os.ReadDir("/proc/self/fd"); return len(d) }
	for _, at := range fastlearn.Events {
		if !at.Is(&bomb{}) {
			continue
		}
		for what, fail := range parity.Sorted(map[string]func(){"user panic": failures["user panic"], "nil map": failures["nil map"], "torch.view": failures["torch.view"], "goexit": runtime.Goexit}) {
			t.Run(at.Method()+" "+what, func(t *testing.T) {
				learn := fixture.Line(t)
				learn.Path = t.TempDir()
				if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(callback.CSVLogger("h.csv"))); err != nil {
					t.Fatal(err)
				}
				n, callbacks, open, end := torch.LiveTensors(), len(learn.Callbacks()), files(), &closing{}
				done := make(chan error, 1)
				go func() {
					err := errors.New("runtime.Goexit")
					defer func() { done <- err }()
					err = learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(&bomb{at.Method(), fail}, end, callback.CSVLogger("h.csv")))
				}()
				if err := <-done; what != "goexit" {
					checkPanic(t, err, strings.TrimPrefix(what, "nil "), "(*fastlearn_test.bomb)."+at.Method())
				} else if err == nil || err.Error() != "runtime.Goexit" {
					t.Error(err)
				}
				if end.fits != 1 || len(learn.Callbacks()) != callbacks || learn.Training {
					t.Errorf("%d AfterFit, %d callbacks instead of %d, training: %v", end.fits, len(learn.Callbacks()), callbacks, learn.Training)
				}
				if live := torch.LiveTensors(); live != n || files() != open {
					t.Errorf("%d tensors are left, %d files", live-n, files()-open)
				}
				if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A function of the user's that panics, or returns nothing where a tensor is wanted.
type panicLoss struct {
	fixture.Squared
	at   string
	fail func()
}

func (b panicLoss) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	if b.at == "Loss" {
		b.fail()
		return nil
	}
	return b.Squared.Loss(pred, target, r)
}

func (b panicLoss) Activation(pred *torch.Tensor) *torch.Tensor {
	if b.at == "Activation" {
		b.fail()
	}
	return b.Squared.Activation(pred)
}

func (b panicLoss) Decode(pred *torch.Tensor) *torch.Tensor {
	if b.at == "Decode" {
		b.fail()
	}
	return b.Squared.Decode(pred)
}

type badModule struct {
	nn.Base
	fail func()
}

func (m *badModule) Forward(x *torch.Tensor) *torch.Tensor { m.fail(); return x }

type badLoader struct {
	data.Loader
	fail func()
	at   string
}

func (b badLoader) Len() int {
	if b.at == "Len" {
		b.fail()
	}
	return b.Loader.Len()
}

func (b badLoader) Batches(ctx context.Context) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		for batch, err := range b.Loader.Batches(ctx) {
			if !yield(batch, err) {
				return
			}
			if b.at == "Batches" {
				b.fail()
			}
		}
	}
}

type badMetric struct {
	at   string
	fail func()
}

func (m badMetric) do(at string) {
	if at == m.at {
		m.fail()
	}
}
func (m badMetric) Name() string                  { m.do("Name"); return "bad" }
func (m badMetric) Reset()                        { m.do("Reset") }
func (m badMetric) Accumulate(metric.Batch) error { m.do("Accumulate"); return nil }
func (m badMetric) Value() (float64, error)       { m.do("Value"); return 0, nil }

// A panic in any function that a user hands over is an error that names it.
func TestFunctionsThatPanic(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 4, "blue", "red")
	// fitting fits and predicts with an option.
	fitting := func(change func(*fastlearn.Learner), opts ...fastlearn.LearnerOption) error {
		model := nn.NewSequential(nn.NewLinear(1, 1))
		learn, err := fastlearn.NewLearner(fixture.Line(t).DLs, model, append([]fastlearn.LearnerOption{fastlearn.LossFunc(fixture.Squared{}), fastlearn.Logger(nil)}, opts...)...)
		if err != nil {
			nn.Close(model)
			return err
		}
		defer learn.Close()
		if change != nil {
			change(learn)
		}
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
			return err
		}
		_, err = learn.GetPreds(t.Context(), nil)
		return err
	}
	block := func(b data.Block[string]) error {
		dls, err := b.DataLoaders(files, data.BatchSize(2))
		if err != nil {
			return err
		}
		defer dls.Close()
		batch, err := dls.OneBatch(t.Context())
		batch.Close()
		return err
	}
	resized := vision.Item(vision.Resize(8))
	cases := map[string]func(fail func()) error{
		"GetX (": func(f func()) error {
			return block(data.Block[string]{GetX: func(string) (string, error) { f(); return "", nil }, GetY: data.ParentLabel})
		},
		"GetY (": func(f func()) error {
			return block(data.Block[string]{GetY: func(string) (string, error) { f(); return "", nil }})
		},
		"Splitter (": func(f func()) error {
			return block(data.Block[string]{GetY: data.ParentLabel, Splitter: func(data.Items) ([]int, []int, error) { f(); return nil, nil, nil }})
		},
		"FuncSplitter (": func(f func()) error {
			return block(data.Block[string]{GetY: data.ParentLabel, Splitter: data.FuncSplitter(func(string) bool { f(); return true })})
		},
		"label (": func(f func()) error {
			_, err := data.FromNameFunc(files, func(string) (string, error) { f(); return "", nil })
			return err
		},
		"Augment own (": func(f func()) error {
			return block(data.Block[string]{GetY: data.ParentLabel, ItemTfms: resized, BatchTfms: vision.Batch(vision.Augment("own", func(x *torch.Tensor, _ *rand.Rand) *torch.Tensor { f(); return x }))})
		},
		"progress (": func(f func()) error {
			_, err := vision.VerifyImages(t.Context(), files, func(int, int) { f() })
			return err
		},
		"(*fastlearn_test.badModule).Forward": func(f func()) error {
			return fitting(func(l *fastlearn.Learner) {
				m := &badModule{fail: f}
				m.Register("inner", l.Model)
				l.Model = m
			})
		},
		"SplitBy (": func(f func()) error {
			return fitting(nil, fastlearn.SplitBy(func(nn.Module) [][]*torch.Tensor { f(); return nil }))
		},
		"the function (": func(f func()) error {
			return fitting(nil, fastlearn.Metrics(metric.Avg("mean", func(p, _ *torch.Tensor) *torch.Tensor { f(); return p })))
		},
		"metric all: the function (": func(f func()) error {
			return fitting(nil, fastlearn.Metrics(metric.Accum("all", func(_, _ *torch.Tensor) float64 { f(); return 0 })))
		},
		"metric all: prepare (": func(f func()) error {
			return fitting(nil, fastlearn.Metrics(metric.Accum("all", func(_, _ *torch.Tensor) float64 { return 0 }, func(p *torch.Tensor) *torch.Tensor { f(); return p })))
		},
		"Logger (": func(f func()) error { return fitting(nil, fastlearn.Logger(func([]string) { f() })) },
	}
	for _, at := range []string{"Loss", "Activation", "Decode"} {
		cases["fastlearn_test.panicLoss."+at] = func(f func()) error { return fitting(nil, fastlearn.LossFunc(panicLoss{at: at, fail: f})) }
	}
	for _, at := range []string{"Len", "Batches"} {
		cases["fastlearn_test.badLoader."+at] = func(f func()) error {
			return fitting(func(l *fastlearn.Learner) { l.DLs.Train = badLoader{l.DLs.Train, f, at} })
		}
	}
	for _, at := range []string{"Name", "Accumulate", "Value"} {
		cases["fastlearn_test.badMetric."+at] = func(f func()) error { return fitting(nil, fastlearn.Metrics(badMetric{at, f})) }
	}
	for function, run := range cases {
		for what, fail := range failures {
			t.Run(function+" "+what, func(t *testing.T) {
				live := torch.LiveTensors()
				checkPanic(t, run(fail), strings.TrimPrefix(what, "nil "), function)
				if n := torch.LiveTensors() - live; n > 4 { // the loaders of line, which the test's end closes
					t.Errorf("%d tensors are left", n)
				}
			})
		}
	}
	if err := fitting(nil, fastlearn.LossFunc(panicLoss{at: "Loss", fail: func() {}})); err == nil || !strings.Contains(err.Error(), "it returned no tensor") {
		t.Errorf("a loss of nil: %v", err)
	}
}

// After Close every method that returns an error returns one, and the others do nothing; what was saved stays.
func TestClosedLearner(t *testing.T) {
	learn := fixture.Line(t)
	learn.Path = t.TempDir()
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	path, err := learn.Save("good")
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := errors.Join(learn.Close(), learn.Close()); err != nil {
		t.Error(err)
	}
	_, save := learn.Save("good")
	_, export := learn.Export(filepath.Join(learn.Path, "good"))
	for name, err := range parity.Sorted(map[string]error{"Save": save, "Export": export, "Load": learn.Load("good"), "Fit": learn.Fit(t.Context(), 1, nil), "FineTune": learn.FineTune(t.Context(), 1)}) {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s: the learner is closed", name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if learn.ToBF16() != learn || learn.ToChannelsLast() != learn || learn.Settings() != nil {
		t.Error("methods without errors do something")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the saved file changed")
	}
}
