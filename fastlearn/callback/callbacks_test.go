package callback_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A checkpoint and SaveModel don't write the same file.
func TestCheckpointKeepsItsFile(t *testing.T) {
	learn := fixture.Line(t)
	for _, name := range []string{"model", "model.pth"} {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(fastlearn.Checkpoint(name, 0), callback.SaveModel())); err == nil || !strings.Contains(err.Error(), "another name") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(fastlearn.Checkpoint("model", 0), callback.SaveModel(callback.EveryEpoch(1)))); err != nil {
		t.Error(err)
	}
}

// What can't work is refused when it is added, or before a fit begins, with what was wrong.
func TestCallbacksRefuse(t *testing.T) {
	learn := fixture.Line(t)
	for name, c := range parity.Sorted(map[string]struct {
		cb   fastlearn.Callback
		want string
	}{
		"clip":        {callback.GradientClip(0, 2), "GradientClip(0, 2)"},
		"accumulate":  {callback.GradientAccumulation(0), "GradientAccumulation(0)"},
		"short":       {callback.ShortEpoch(1.5), "ShortEpoch(1.5)"},
		"ema":         {callback.EMA(1), "EMA(1)"},
		"save":        {callback.SaveModel(callback.EveryEpoch(1), callback.AtEnd()), "both"},
		"save every":  {callback.SaveModel(callback.EveryEpoch(-1)), "EveryEpoch(-1)"},
		"factor":      {callback.ReduceLROnPlateau(callback.Factor(-1)), "Factor -1"},
		"no callback": {42, "int isn't a callback"},
		"monitor":     {callback.EarlyStopping(callback.Monitor("acuracy")), `no "acuracy" to monitor: there are train_loss, valid_loss`},
		"time":        {callback.SaveModel(callback.Monitor("time")), `no "time" to monitor`},
		"a directory": {callback.CSVLogger("."), "directory"},
	}) {
		before := len(learn.Callbacks())
		err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(c.cb))
		if err == nil || !strings.Contains(err.Error(), c.want) || len(learn.Callbacks()) != before {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The learning rate finder leaves files, averages and trackers alone.
func TestLRFindWritesNothing(t *testing.T) {
	best := callback.SaveModel(callback.AtEnd())
	learn := fixture.Line(t, fastlearn.Callbacks(best, callback.EarlyStopping(), callback.CSVLogger("history.csv"), callback.JSONLogger("history.jsonl"), fastlearn.Checkpoint("run", 1), callback.EMA(0.5)))
	before := fixture.WeightsOf(learn)
	if _, err := learn.LRFind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(learn.Path); err != nil || len(files) != 0 {
		t.Errorf("there are %v, %v", files, err)
	}
	if !slices.Equal(before, fixture.WeightsOf(learn)) {
		t.Error("the weights are changed")
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
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
func (n noteWeights) keep(l *fastlearn.Learner, event string) error {
	n.at[event] = fixture.WeightsOf(l)
	return nil
}
func (n noteWeights) AfterStep(l *fastlearn.Learner) error     { return n.keep(l, "step") }
func (n noteWeights) AfterTrain(l *fastlearn.Learner) error    { return n.keep(l, "train") }
func (n noteWeights) AfterValidate(l *fastlearn.Learner) error { return n.keep(l, "validate") }
func (n noteWeights) BeforeBatch(l *fastlearn.Learner) error {
	if l.Training && l.Iter == 0 {
		return n.keep(l, "first")
	}
	return nil
}

// The average is in the model while it is validated and saved; training goes on with the weights,
// which are what a failed fit leaves.
func TestEMAStandsInForTheWeights(t *testing.T) {
	note := noteWeights{map[string][]float64{}}
	learn := fixture.Line(t, fastlearn.Callbacks(callback.EMA(0.9), note, callback.SaveModel(callback.EveryEpoch(1))))
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.05)); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(note.at["validate"], note.at["train"]) {
		t.Error("validation saw the weights")
	}
	if !slices.Equal(fixture.WeightsOf(learn), note.at["validate"]) {
		t.Error("the fit doesn't end with the average")
	}
	saved := fixture.Line(t)
	if err := saved.Load(filepath.Join(learn.Path, "models", "model_1.pth")); err != nil || !slices.Equal(fixture.WeightsOf(saved), note.at["validate"]) {
		t.Errorf("what is saved is not the average: %v", err)
	}

	plain := noteWeights{map[string][]float64{}}
	straight := fixture.Line(t, fastlearn.Callbacks(plain))
	if err := straight.Fit(t.Context(), 2, fastlearn.LR(0.05)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(plain.at["first"], note.at["first"]) || !slices.Equal(plain.at["step"], note.at["step"]) {
		t.Error("the average changes the training")
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	broken := fixture.Line(t, fastlearn.Callbacks(callback.EMA(0.9), note, &fixture.CancelAt{N: 1, Cancel: cancel}))
	if err := broken.Fit(ctx, 2, fastlearn.LR(0.05)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !slices.Equal(fixture.WeightsOf(broken), note.at["train"]) {
		t.Error("a cancelled fit doesn't end with the weights")
	}
}

// Norms that aren't trained keep their averages with BnFreeze, and without it they don't.
func TestBnFreeze(t *testing.T) {
	for _, freeze := range []bool{true, false} {
		s := torch.NewScope()
		defer s.Close()
		bn, head := nn.NewBatchNorm(2), nn.NewLinear(2, 1)
		x, y := s.Randn(8, 2), s.Randn(8, 1)
		x.AddScalar_(5)
		var cbs []fastlearn.Callback
		if freeze {
			cbs = append(cbs, callback.BnFreeze())
		}
		learn, err := fastlearn.NewLearner(data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 4}, torch.CPU), nn.NewSequential(bn, head), fastlearn.LossFunc(loss.MSE{}), fastlearn.FreezeBN(),
			fastlearn.SplitBy(func(nn.Module) [][]*torch.Tensor { return [][]*torch.Tensor{nn.Parameters(bn), nn.Parameters(head)} }), fastlearn.Logger(nil), fastlearn.Callbacks(cbs...))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		if err := errors.Join(learn.Freeze(), learn.Fit(t.Context(), 1, fastlearn.LR(0.1))); err != nil {
			t.Fatal(err)
		}
		if mean := fixture.WeightsOf(learn)[4]; (mean == 0) != freeze { // after weight and bias
			t.Errorf("BnFreeze %v: the running mean is %v", freeze, mean)
		}
	}
}

// failsAtTheEnd fails when a fit ends.
type failsAtTheEnd struct{}

func (failsAtTheEnd) AfterFit(*fastlearn.Learner) error { return errors.New("the end fails") }

// Every callback hears of a fit's end, also where that of another one fails: files are closed, averages freed, and
// the model keeps its weights as in any fit that fails.
func TestAllHearOfTheEnd(t *testing.T) {
	collector.Off(t)
	plain, learn := fixture.Line(t), fixture.Line(t, fastlearn.Callbacks(failsAtTheEnd{}))
	live := torch.LiveTensors()
	log := callback.CSVLogger("history.csv")
	err := learn.Fit(t.Context(), 2, fastlearn.LR(0.1), fastlearn.Callbacks(callback.EMA(0.9), log, callback.SaveModel()))
	if err == nil || err.Error() != "callback_test.failsAtTheEnd at after_fit: the end fails" {
		t.Errorf("the error is %v", err)
	}
	if callback.IsOpen(log) {
		t.Error("the table is still open")
	}
	if n := torch.LiveTensors() - live; n != 2 { // SGD's averages
		t.Errorf("%d more tensors live", n)
	}
	if err := plain.Fit(t.Context(), 2, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(fixture.WeightsOf(plain), fixture.WeightsOf(learn)) {
		t.Errorf("the weights are %v, want %v", fixture.WeightsOf(learn), fixture.WeightsOf(plain))
	}
}

// Metrics of one name get heads of their own, by which they are monitored and written; a head with a comma stays one.
func TestMetricsOfOneName(t *testing.T) {
	dir := t.TempDir()
	number := func(name string, v float64) metric.Metric {
		return metric.Avg(name, func(pred, _ *torch.Tensor) *torch.Tensor { return pred.Mean().MulScalar(0).AddScalar(v) })
	}
	best := callback.SaveModel(callback.Monitor("a_2"))
	learn := fixture.Line(t, fastlearn.Path(dir), fastlearn.Metrics(number("a", 1), number("a", 2), number("time", 3), number(`top, "5"`, 4), number("a", 5)))
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(best, callback.CSVLogger("h.csv"), callback.JSONLogger("h.jsonl"))); err != nil {
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
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.1), fastlearn.StartEpoch(1), fastlearn.Callbacks(callback.CSVLogger("skipped.csv"))); err != nil {
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
	learn := fixture.Line(t, fastlearn.LossFunc(fixture.NaNLoss{}), fastlearn.Callbacks(callback.JSONLogger("logs/run.jsonl")))
	for range 2 {
		if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.05)); err != nil {
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
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.05), fastlearn.Callbacks(callback.TerminateOnNaN(), fixture.AfterBatch(func() { count++ }))); err != nil || count != 4 {
		t.Errorf("a NaN in validation ends the fit after %d batches, want 4; %v", count, err)
	}
}

// A NaN is never the best, so nothing is saved, and nothing loaded.
func TestSaveModelOfNoNumbers(t *testing.T) {
	var said []string
	learn := fixture.Line(t, fastlearn.LossFunc(fixture.NaNLoss{}), fastlearn.Logger(func(row []string) {
		if len(row) == 1 {
			said = append(said, row[0])
		}
	}))
	if err := learn.Fit(t.Context(), 3, fastlearn.LR(0.01), fastlearn.Callbacks(callback.SaveModel(), callback.EarlyStopping(callback.Patience(2)))); err != nil {
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
	learn := fixture.Line(t, fastlearn.OptFunc(optim.SGD{}), fastlearn.Callbacks(callback.SaveModel(), &fixture.CancelAt{N: 6, Training: true, Cancel: cancel}))
	if err := learn.Fit(ctx, 3, fastlearn.LR(0.05)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	now := fixture.WeightsOf(learn)
	if err := learn.Load("model"); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(now, fixture.WeightsOf(learn)) {
		t.Error("the best model was loaded")
	}
}

// The gradients that a fit of float16 gets are unscaled when they are clipped: the order of
// callbacks puts it so.
func TestClippingComesAfterUnscaling(t *testing.T) {
	learn := fixture.Line(t, fastlearn.Callbacks(callback.GradientClip(1, 2), callback.GradientAccumulation(32)))
	learn.ToBF16()
	var order []string
	for _, cb := range learn.Callbacks() {
		if name := fmt.Sprintf("%T", cb); strings.Contains(name, "radient") || strings.Contains(name, "Precision") {
			order = append(order, name)
		}
	}
	if got := strings.Join(order, " "); got != "*callback.gradientAccumulation *fastlearn.mixedPrecision callback.gradientClip" {
		t.Error(got)
	}
}

// Fits that are appended to a table stand under its heads, FineTune's two as well; one with other metrics, or a file
// without a table, gets heads.
func TestAppendedHeads(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "history.csv")
	fit := func(epochs int, opts ...fastlearn.LearnerOption) {
		t.Helper()
		learn := fixture.Line(t, append(opts, fastlearn.Path(dir), fastlearn.Callbacks(callback.CSVLogger("history.csv", callback.Append())))...)
		for range 2 {
			if err := learn.Fit(t.Context(), epochs, fastlearn.LR(0.1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		before, want string // each line's first two fields
	}{
		{"", "epoch,train_loss 0 1 0 1 epoch,train_loss 0 0"},
		{"epoch,train_loss,valid_loss,time\n0,1,2,00:01\n", "epoch,train_loss 0 0 1 0 1 epoch,train_loss 0 0"},
		{"notes of mine\n", "notes epoch,train_loss 0 1 0 1 epoch,train_loss 0 0"},
	} {
		if err := os.WriteFile(path, []byte(c.before), 0o666); err != nil {
			t.Fatal(err)
		}
		fit(2)
		fit(1, fastlearn.Metrics(metric.RMSE()))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(data)) {
			first, rest, _ := strings.Cut(line, ",")
			if first == "epoch" {
				first += "," + rest[:len("train_loss")]
			}
			got = append(got, strings.Fields(first)[0])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: %s, want %s", c.before, s, c.want)
		}
	}
}
