package fastlearn

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A checkpoint and SaveModel don't write the same file.
func TestCheckpointKeepsItsFile(t *testing.T) {
	learn := line(t)
	for _, name := range []string{"model", "model.pth"} {
		if err := learn.Fit(t.Context(), 1, LR(0.1), Callbacks(Checkpoint(name, 0), &SaveModel{})); err == nil || !strings.Contains(err.Error(), "another name") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := learn.Fit(t.Context(), 1, LR(0.1), Callbacks(Checkpoint("model", 0), &SaveModel{EveryEpoch: 1})); err != nil {
		t.Error(err)
	}
}

// What can't work is refused when it is added, or before a fit begins, with what was wrong.
func TestCallbacksRefuse(t *testing.T) {
	learn := line(t)
	for name, c := range parity.Sorted(map[string]struct {
		cb   Callback
		want string
	}{
		"clip":        {GradientClip(0, 2), "GradientClip(0, 2)"},
		"accumulate":  {GradientAccumulation(0), "GradientAccumulation(0)"},
		"short":       {ShortEpoch(1.5, true), "ShortEpoch(1.5)"},
		"ema":         {EMA(1), "EMA(1)"},
		"save":        {&SaveModel{EveryEpoch: 1, AtEnd: true}, "both"},
		"save every":  {&SaveModel{EveryEpoch: -1}, "EveryEpoch -1"},
		"factor":      {&ReduceLROnPlateau{Factor: -1}, "Factor -1"},
		"no pointer":  {EarlyStopping{}, "pass a pointer"},
		"no callback": {42, "int is no callback"},
		"monitor":     {&EarlyStopping{Tracker: Monitor("acuracy")}, `no "acuracy" to monitor: there are train_loss, valid_loss`},
		"time":        {&SaveModel{Tracker: Monitor("time")}, `no "time" to monitor`},
		"a directory": {CSVLogger(".", false), "directory"},
	}) {
		before := len(learn.Callbacks())
		err := learn.Fit(t.Context(), 1, LR(0.1), Callbacks(c.cb))
		if err == nil || !strings.Contains(err.Error(), c.want) || len(learn.Callbacks()) != before {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The learning rate finder leaves files, averages and trackers alone.
func TestLRFindWritesNothing(t *testing.T) {
	best := &SaveModel{AtEnd: true}
	learn := line(t, Callbacks(best, &EarlyStopping{}, CSVLogger("history.csv", false), JSONLogger("history.jsonl", false), Checkpoint("run", 1), EMA(0.5)))
	before := learn.weights()
	if _, err := learn.LRFind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(learn.Path); err != nil || len(files) != 0 {
		t.Errorf("there are %v, %v", files, err)
	}
	if !slices.Equal(before, learn.weights()) {
		t.Error("the weights are changed")
	}
	if err := learn.Fit(t.Context(), 1, LR(0.1)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"history.csv", "history.jsonl", "models/run.pth", "models/model.pth"} {
		if _, err := os.Stat(filepath.Join(learn.Path, name)); err != nil {
			t.Error(err)
		}
	}
}

// noteWeights keeps the weights at each event.
type noteWeights struct{ at map[string][]float64 }

func (n noteWeights) Order() int { return 80 }
func (n noteWeights) keep(l *Learner, event string) error {
	n.at[event] = l.weights()
	return nil
}
func (n noteWeights) AfterStep(l *Learner) error     { return n.keep(l, "step") }
func (n noteWeights) AfterTrain(l *Learner) error    { return n.keep(l, "train") }
func (n noteWeights) AfterValidate(l *Learner) error { return n.keep(l, "validate") }
func (n noteWeights) BeforeBatch(l *Learner) error {
	if l.Training && l.Iter == 0 {
		return n.keep(l, "first")
	}
	return nil
}

// The average is in the model while it is validated and saved; training goes on with the weights,
// which are what a failed fit leaves.
func TestEMAStandsInForTheWeights(t *testing.T) {
	note := noteWeights{map[string][]float64{}}
	learn := line(t, Callbacks(EMA(0.9), note, &SaveModel{EveryEpoch: 1}))
	if err := learn.Fit(t.Context(), 2, LR(0.05)); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(note.at["validate"], note.at["train"]) {
		t.Error("validation saw the weights")
	}
	if !slices.Equal(learn.weights(), note.at["validate"]) {
		t.Error("the fit doesn't end with the average")
	}
	saved := line(t)
	if err := saved.Load(filepath.Join(learn.Path, "models", "model_1.pth")); err != nil || !slices.Equal(saved.weights(), note.at["validate"]) {
		t.Errorf("what is saved is not the average: %v", err)
	}

	plain := noteWeights{map[string][]float64{}}
	straight := line(t, Callbacks(plain))
	if err := straight.Fit(t.Context(), 2, LR(0.05)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(plain.at["first"], note.at["first"]) || !slices.Equal(plain.at["step"], note.at["step"]) {
		t.Error("the average changes the training")
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	broken := line(t, Callbacks(EMA(0.9), note, &cancelAt{n: 1, cancel: cancel}))
	if err := broken.Fit(ctx, 2, LR(0.05)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !slices.Equal(broken.weights(), note.at["train"]) {
		t.Error("a cancelled fit doesn't end with the weights")
	}
}

// Norms that aren't trained keep their averages with BnFreeze, and without it they don't.
func TestBnFreeze(t *testing.T) {
	for _, freeze := range []bool{true, false} {
		s := torch.NewScope()
		defer s.Close()
		bn, head := nn.NewBatchNorm(2), nn.NewLinear(2, 1, true)
		x, y := s.Randn([]int64{8, 2}), s.Randn([]int64{8, 1})
		x.AddScalar_(5)
		var cbs []Callback
		if freeze {
			cbs = append(cbs, BnFreeze())
		}
		learn, err := NewLearner(NewDataLoaders(&TensorLoader{x, y, 4}, &TensorLoader{x, y, 4}, torch.CPU), nn.NewSequential(bn, head), LossFunc(MSE{}), FreezeBN(),
			SplitBy(func(nn.Module) [][]*torch.Tensor { return [][]*torch.Tensor{nn.Parameters(bn), nn.Parameters(head)} }), Logger(nil), Callbacks(cbs...))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		if err := errors.Join(learn.Freeze(), learn.Fit(t.Context(), 1, LR(0.1))); err != nil {
			t.Fatal(err)
		}
		if mean := learn.weights()[4]; (mean == 0) != freeze { // after weight and bias
			t.Errorf("BnFreeze %v: the running mean is %v", freeze, mean)
		}
	}
}

// badLoss is no number in validation.
type badLoss struct{ squared }

func (b badLoss) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	loss := b.squared.Loss(pred, target, r)
	if !torch.GradEnabled() {
		loss = loss.MulScalar(math.NaN())
	}
	return loss
}

// A line of JSON for each epoch has the table's numbers, and null for what is none.
// failsAtTheEnd fails when a fit ends.
type failsAtTheEnd struct{}

func (failsAtTheEnd) AfterFit(*Learner) error { return errors.New("the end fails") }

// Every callback hears of a fit's end, also where that of another one fails: files are closed, averages freed, and
// the model keeps its weights as in any fit that fails.
func TestAllHearOfTheEnd(t *testing.T) {
	plain, learn := line(t), line(t, Callbacks(failsAtTheEnd{}))
	live := torch.LiveTensors()
	log := CSVLogger("history.csv", false).(*csvLogger)
	err := learn.Fit(t.Context(), 2, LR(0.1), Callbacks(EMA(0.9), log, &SaveModel{}))
	if err == nil || err.Error() != "fastlearn.failsAtTheEnd at after_fit: the end fails" {
		t.Errorf("the error is %v", err)
	}
	if log.file != nil {
		t.Error("the table is still open")
	}
	if n := torch.LiveTensors() - live; n != 2 { // SGD's averages
		t.Errorf("%d more tensors live", n)
	}
	if err := plain.Fit(t.Context(), 2, LR(0.1)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(plain.weights(), learn.weights()) {
		t.Errorf("the weights are %v, want %v", learn.weights(), plain.weights())
	}
}

// Metrics of one name get heads of their own, by which they are monitored and written; a head with a comma stays one.
func TestMetricsOfOneName(t *testing.T) {
	dir := t.TempDir()
	number := func(name string, v float64) func() Metric {
		return AvgMetric(name, func(pred, _ *torch.Tensor) *torch.Tensor { return pred.Mean(false).MulScalar(0).AddScalar(v) })
	}
	best := &SaveModel{Tracker: Monitor("a_2")}
	learn := line(t, Path(dir), Metrics(number("a", 1), number("a", 2), number("time", 3), number(`top, "5"`, 4), number("a", 5)))
	if err := learn.Fit(t.Context(), 1, LR(0.1), Callbacks(best, CSVLogger("h.csv", false), JSONLogger("h.jsonl", false))); err != nil {
		t.Fatal(err)
	}
	want := []string{"epoch", "train_loss", "valid_loss", "a", "a_2", "time_2", `top, "5"`, "a_3", "time"}
	if best.Best() != 2 || !slices.Equal(learn.Recorder.MetricNames, want) {
		t.Errorf("the best is %v, the heads %q", best.Best(), learn.Recorder.MetricNames)
	}
	f, err := os.Open(filepath.Join(dir, "h.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Equal(rows[0], want) || !slices.Equal(rows[1][3:8], []string{"1", "2", "3", "4", "5"}) {
		t.Errorf("%q, %v", rows, err)
	}
	if err := learn.Fit(t.Context(), 2, LR(0.1), StartEpoch(1), Callbacks(CSVLogger("skipped.csv", false))); err != nil {
		t.Fatal(err)
	}
	skipped, err := os.ReadFile(filepath.Join(dir, "skipped.csv"))
	if err != nil || !strings.Contains(string(skipped), "\n0,NaN,NaN,NaN,NaN,NaN,NaN,NaN,00:00\n1,") {
		t.Errorf("%q, %v", skipped, err)
	}
	line, err := os.ReadFile(filepath.Join(dir, "h.jsonl"))
	var values map[string]float64
	if err = errors.Join(err, json.Unmarshal(line, &values)); err != nil || values["a"] != 1 || values["a_2"] != 2 || values["a_3"] != 5 {
		t.Errorf("%s, %v", line, err)
	}
}

func TestJSONLogger(t *testing.T) {
	learn := line(t, LossFunc(badLoss{}), Callbacks(JSONLogger("logs/run.jsonl", false)))
	for range 2 {
		if err := learn.Fit(t.Context(), 2, LR(0.05)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(learn.Path, "logs", "run.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), data)
	}
	for i, line := range lines {
		var row map[string]*float64
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if *row["epoch"] != float64(i) || *row["train_loss"] != learn.Recorder.Values[i][0] || row["valid_loss"] != nil || *row["lr"] != 0.05 || row["seconds"] == nil || len(row) != 5 {
			t.Errorf("line %d: %s", i, line)
		}
	}
	count := 0
	if err := learn.Fit(t.Context(), 1, LR(0.05), Callbacks(TerminateOnNaN(), afterBatchFunc(func() { count++ }))); err != nil || count != 4 {
		t.Errorf("a NaN in validation ends the fit after %d batches, want 4; %v", count, err)
	}
}

// A NaN is never the best, so nothing is saved, and nothing loaded.
func TestSaveModelOfNoNumbers(t *testing.T) {
	var said []string
	learn := line(t, LossFunc(badLoss{}), Logger(func(row []string) {
		if len(row) == 1 {
			said = append(said, row[0])
		}
	}))
	if err := learn.Fit(t.Context(), 3, LR(0.01), Callbacks(&SaveModel{}, &EarlyStopping{Patience: 2})); err != nil {
		t.Fatal(err)
	}
	if saved, err := os.ReadDir(filepath.Join(learn.Path, "models")); err != nil || len(saved) != 0 { // the directory was only tried
		t.Errorf("something was saved: %v, %v", saved, err)
	}
	if len(said) != 2 || !strings.HasPrefix(said[0], "The loss is NaN in epoch 0, at batch 1 of ") || said[1] != "No improvement since epoch -1: early stopping" {
		t.Errorf("said %q", said)
	}
}

// A fit that fails leaves the model as it is, and not the best one.
func TestSaveModelLeavesAFailedFit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	learn := line(t, OptFunc(optim.SGD{}), Callbacks(&SaveModel{}, &cancelAt{n: 6, training: true, cancel: cancel}))
	if err := learn.Fit(ctx, 3, LR(0.05)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	now := learn.weights()
	if err := learn.Load("model"); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(now, learn.weights()) {
		t.Error("the best model was loaded")
	}
}

// The gradients that a fit of float16 gets are unscaled when they are clipped: the order of
// callbacks puts it so.
func TestClippingComesAfterUnscaling(t *testing.T) {
	if precision, clip, accumulate := orderOf(&mixedPrecision{}), orderOf(GradientClip(1, 2)), orderOf(GradientAccumulation(32)); !(accumulate < precision && precision < clip) {
		t.Errorf("accumulation %d, precision %d, clipping %d", accumulate, precision, clip)
	}
}
