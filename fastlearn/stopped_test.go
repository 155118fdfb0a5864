package fastlearn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// stops ends a fit after an epoch.
type stops int

func (stops) Order() int { return 90 }

func (s stops) AfterEpoch(l *fastlearn.Learner) error {
	if l.Epoch == int(s) {
		return fastlearn.ErrCancelFit
	}
	return nil
}

// A checkpoint beside the model of the epoch after which a callback ends the fit is written, too, and who resumes from it
// trains nothing.
func TestCheckpointOfTheLastEpochOfAStoppedFit(t *testing.T) {
	dir := t.TempDir()
	count := 0
	fit := func() *fastlearn.Learner {
		t.Helper()
		learn := noisy(t, dir)
		count = 0
		err := learn.Fit(t.Context(), 9, fastlearn.LR(0.05), fastlearn.Callbacks(callback.SaveModel(callback.EveryEpoch(1), callback.WithCheckpoint()), stops(2), fixture.AfterBatch(func() { count++ })), fastlearn.Resume("model_2.checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		return learn
	}
	first := fit()
	if count != 18 {
		t.Errorf("%d batches, want 18", count)
	}
	second := fit()
	if count != 0 || !slices.Equal(fixture.WeightsOf(first), fixture.WeightsOf(second)) || fmt.Sprint(first.Recorder.Values) != fmt.Sprint(second.Recorder.Values) {
		t.Errorf("resumed it ran %d batches to %v, want %v", count, fixture.WeightsOf(second), fixture.WeightsOf(first))
	}
}

// Where the checkpoint can't be written the fit that a callback ends fails.
func TestCheckpointOfAStoppedFitFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "models", "model_0.checkpoint.pth"), 0o777); err != nil {
		t.Fatal(err)
	}
	err := noisy(t, dir).Fit(t.Context(), 9, fastlearn.LR(0.05), fastlearn.Callbacks(callback.SaveModel(callback.EveryEpoch(1), callback.WithCheckpoint()), stops(0)))
	if err == nil {
		t.Error("want an error")
	}
}

// A fit that EarlyStopping ended is as it was when it is resumed; with more patience it goes on, as one that had it from the beginning.
func TestEarlyStoppingGoesOn(t *testing.T) {
	dir := t.TempDir()
	fit := func(dir string, patience int) *fastlearn.Learner {
		t.Helper()
		learn := fixture.Line(t, fastlearn.Path(dir), fastlearn.Callbacks(callback.EMA(0.5)))
		err := learn.Fit(t.Context(), 12, fastlearn.LR(0.3), fastlearn.Resume("run"), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0), callback.SaveModel(), callback.EarlyStopping(callback.Patience(patience)), callback.CSVLogger("history.csv")))
		if err != nil {
			t.Fatal(err)
		}
		return learn
	}
	told := func(l *fastlearn.Learner) string {
		return fmt.Sprint(len(l.Recorder.Values), l.Recorder.Values, fixture.WeightsOf(l))
	}
	first := fit(dir, 1)
	if n := len(first.Recorder.Values); n == 12 {
		t.Fatal("it wasn't stopped")
	}
	if a, b := told(fit(dir, 1)), told(first); a != b {
		t.Errorf("resumed: %s, want %s", a, b)
	}
	straight := fit(t.TempDir(), 4)
	if a, b := told(fit(dir, 4)), told(straight); a != b || len(straight.Recorder.Values) == len(first.Recorder.Values) {
		t.Errorf("with more patience: %s, want %s", a, b)
	}
}

// failsAfter fails after so many epochs, when all others are done with them.
type failsAfter struct{ epochs int }

var errFails = errors.New("it fails")

func (*failsAfter) Order() int { return 99 }

func (f *failsAfter) AfterEpoch(*fastlearn.Learner) error {
	if f.epochs--; f.epochs == 0 {
		return errFails
	}
	return nil
}

// Two fits of a learner with all that remembers something end at a batch or after an epoch, and the program is started
// again: the weights, the optimizer's state, the recorder and the files are those of one that went through. Both write
// the same files, and both are stopped early.
func TestEverythingResumed(t *testing.T) {
	stop := func(patience int) fastlearn.Callback { // after as many epochs and one more, since no loss is that much better than the first one
		return callback.EarlyStopping(callback.MinDelta(1e3), callback.Patience(patience))
	}
	program := func(ctx context.Context, dir string, cbs ...fastlearn.Callback) (*fastlearn.Learner, error) {
		torch.ManualSeed(4)
		s := torch.NewScope()
		t.Cleanup(s.Close)
		x := s.Randn(22, 3)
		y := x.Sum(1).AddScalar(1)
		dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 8}, torch.DefaultDevice())
		model := nn.NewSequential(nn.NewLinear(3, 8), &nn.ReLU{}, &nn.Dropout{P: 0.3}, nn.NewLinear(8, 1))
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.Ranger()), fastlearn.Metrics(metric.RMSE()), fastlearn.Path(dir), fastlearn.Logger(nil), fastlearn.Callbacks(callback.MixUp(0.4), callback.EMA(0.8), callback.GradientAccumulation(9), callback.CSVLogger("history.csv"), callback.JSONLogger("history.jsonl", callback.Append())), fastlearn.Callbacks(cbs...))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { learn.Close() })
		learn.ToBF16()
		best := callback.SaveModel(callback.Monitor("_rmse"), callback.Comp(callback.Less), callback.KeepBest(), callback.WithOpt())
		err = learn.Fit(ctx, 6, fastlearn.LR(0.02), fastlearn.Resume("first"), fastlearn.Callbacks(fastlearn.Checkpoint("first", 2), best, callback.ReduceLROnPlateau(callback.Factor(2)), stop(3)))
		if err == nil {
			err = learn.FitOneCycle(ctx, 4, fastlearn.LR(0.02), fastlearn.Resume("second"), fastlearn.Callbacks(fastlearn.Checkpoint("second", 4), best, stop(2)))
		}
		return learn, err
	}
	whole := t.TempDir()
	straight, err := program(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(straight.Recorder.Values); n != 3 {
		t.Errorf("the second fit isn't stopped after 3 epochs but after %d", n)
	}
	want := fmt.Sprint(fixture.WeightsOf(straight), straight.Recorder.Values, straight.Recorder.Losses, torch.RandomSeed())
	stateOf := func(l *fastlearn.Learner) map[string]any {
		all := stateOfLearner(t, l)
		delete(all, "recorder") // it has times
		return all
	}
	state := stateOf(straight)
	ended := 0
	for _, where := range []string{"training", "validation", "epoch"} {
		for n := 1; n < 60; n++ {
			if where == "training" && n%4 != 0 {
				continue
			}
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			var cb fastlearn.Callback = &fixture.CancelAt{N: n, Training: where == "training", Cancel: cancel}
			if where == "epoch" {
				cb = &failsAfter{n}
			}
			_, err := program(ctx, dir, cb)
			if cancel(); err == nil {
				break // there are no more
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, errFails) {
				t.Fatal(err)
			}
			ended++
			again, err := program(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(fixture.WeightsOf(again), again.Recorder.Values, again.Recorder.Losses, torch.RandomSeed()); got != want {
				t.Errorf("ended at %s %d: %s, want %s", where, n, got, want)
			}
			sameState(t, stateOf(again), state)
			for _, name := range []string{"history.csv", "history.jsonl", "models/model.pth"} {
				got, err1 := os.ReadFile(filepath.Join(dir, name))
				want, err2 := os.ReadFile(filepath.Join(whole, name))
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(withoutTimes(name, got), withoutTimes(name, want)) {
					t.Errorf("ended at %s %d: %s is\n%q, want\n%q", where, n, name, got, want)
				}
			}
		}
	}
	if ended < 30 {
		t.Errorf("it was ended %d times only", ended)
	}
}
