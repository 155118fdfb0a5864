package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

// noisy is a training with draws of its own in every batch, so that generators must be right.
func noisy(t *testing.T, dir string, opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	t.Helper()
	return fixture.Line(t, append([]fastlearn.LearnerOption{fastlearn.Path(dir), fastlearn.OptFunc(optim.Adam{}), fastlearn.Callbacks(callback.MixUp(0.4))}, opts...)...)
}

// plainLoader hides that a loader can begin within an epoch, and counts the batches it makes.
type plainLoader struct {
	data.Loader
	made int
}

func (p *plainLoader) Batches(ctx context.Context) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		torch.RandomSeed() // as a loader that shuffles draws
		for b, err := range p.Loader.Batches(ctx) {
			p.made++
			if !yield(b, err) {
				return
			}
		}
	}
}

// A fit that Ctrl-C ends anywhere, in training or validation, goes on as if it had never been, by any
// loader, with a loss's scale that leaves steps out, and begins anew where there is no checkpoint.
func TestCancelledAndResumed(t *testing.T) {
	collector.Off(t)
	for _, kind := range []string{"a loader that begins anywhere", "a loader that doesn't", "a scaled loss"} {
		make := func(dir string) *fastlearn.Learner {
			learn := noisy(t, dir)
			switch kind {
			case "a loader that doesn't":
				learn.DLs.Train = &plainLoader{Loader: learn.DLs.Train}
			case "a scaled loss":
				scaler := optim.NewGradScaler()
				scaler.InitScale, scaler.GrowthInterval = 3e38, 3
				learn.SetPrecision(fastlearn.NewMixedPrecision(torch.Float32, scaler))
			}
			return learn
		}
		fit := func(ctx context.Context, l *fastlearn.Learner, opts ...fastlearn.OneCycleOption) error {
			return l.FitOneCycle(ctx, 3, fastlearn.LR(0.1), append(opts, fastlearn.Callbacks(fastlearn.Checkpoint("run", 0)), fastlearn.Resume("run"))...)
		}
		straight := make(t.TempDir())
		if err := fit(t.Context(), straight); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 12; n++ {
			for _, training := range []bool{true, false} {
				if !training && n > 6 {
					continue
				}
				dir := t.TempDir()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				first := make(dir)
				if err := fit(ctx, first, fastlearn.Callbacks(&fixture.CancelAt{N: n, Training: training, Cancel: cancel})); !errors.Is(err, context.Canceled) {
					t.Fatalf("batch %d: %v", n, err)
				}
				second := make(dir)
				live := torch.LiveTensors()
				if err := fit(t.Context(), second); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(fixture.WeightsOf(second), fixture.WeightsOf(straight)) {
					t.Errorf("cancelled at batch %d (training %v): %v, straight on %v", n, training, fixture.WeightsOf(second), fixture.WeightsOf(straight))
				}
				if a, b := fmt.Sprint(second.Recorder.Losses, second.Recorder.Values, second.Recorder.Hypers), fmt.Sprint(straight.Recorder.Losses, straight.Recorder.Values, straight.Recorder.Hypers); a != b {
					t.Errorf("cancelled at batch %d (training %v): recorded %s, straight on %s", n, training, a, b)
				}
				if kind == "a scaled loss" && (*second.Scaler() != *straight.Scaler() || straight.Scaler().Skipped() < 2) {
					t.Errorf("the scale is %+v, straight on %+v", *second.Scaler(), *straight.Scaler())
				}
				if got := torch.LiveTensors() - live; got != 6 { // Adam's averages and steps of weight and bias
					t.Errorf("%d more tensors live", got)
				}
			}
		}
	}
}

// A checkpoint of SaveModel's is gone on with, and one of a finished fit trains nothing.
func TestResumeFromSaveModel(t *testing.T) {
	dir := t.TempDir()
	var count int
	counting := fastlearn.Callbacks(fixture.AfterBatch(func() { count++ }))
	fit := func(learn *fastlearn.Learner, opts ...fastlearn.FitOption) []float64 {
		t.Helper()
		if err := learn.Fit(t.Context(), 3, fastlearn.LR(0.05), append(opts, fastlearn.Callbacks(callback.SaveModel(callback.EveryEpoch(1), callback.WithCheckpoint())), counting)...); err != nil {
			t.Fatal(err)
		}
		return fixture.WeightsOf(learn)
	}
	average := func(dir string) *fastlearn.Learner { return noisy(t, dir, fastlearn.Callbacks(callback.EMA(0.9))) } // which is in the model between epochs
	want := fit(average(dir))
	for i, batches := range []int{12, 6, 0} {
		count = 0
		if got := fit(average(t.TempDir()), fastlearn.Resume(filepath.Join(dir, "models", fmt.Sprintf("model_%d.checkpoint.pth", i)))); !slices.Equal(got, want) || count != batches {
			t.Errorf("from epoch %d: %v in %d batches, want %v in %d", i, got, count, want, batches)
		}
	}
}

// What a checkpoint doesn't fit is refused, with the reason, before anything is changed.
func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	log := func() fastlearn.Option {
		return fastlearn.Callbacks(callback.CSVLogger("history.csv"), callback.EarlyStopping(callback.Patience(9)))
	}
	fit := func(l *fastlearn.Learner, epochs int, opts ...fastlearn.OneCycleOption) error {
		return l.FitOneCycle(t.Context(), epochs, fastlearn.LR(0.1), append(opts, fastlearn.Resume("run"))...)
	}
	first := noisy(t, dir)
	if err := fit(first, 2, fastlearn.Callbacks(fastlearn.Checkpoint("run", 1)), log()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "models", "run.pth")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want  string
		fit   func(l *fastlearn.Learner) error
		spoil func()
	}{
		{"epochs: 2 → 3;", func(l *fastlearn.Learner) error { return fit(l, 3, log()) }, nil},
		{"PctStart: 0.25 → 0.5;", func(l *fastlearn.Learner) error { return fit(l, 2, log(), fastlearn.PctStart(0.5)) }, nil},
		{"fit: FitOneCycle → Fit;", func(l *fastlearn.Learner) error {
			return l.Fit(t.Context(), 2, fastlearn.LR(0.1), log(), fastlearn.Resume("run"))
		}, nil},
		{"rates: [0.1] → [0.2]", func(l *fastlearn.Learner) error {
			return l.FitOneCycle(t.Context(), 2, fastlearn.LR(0.2), log(), fastlearn.Resume("run"))
		}, nil},
		{"callbacks: EarlyStopping(valid_loss falling by 0) → none", func(l *fastlearn.Learner) error { return fit(l, 2) }, nil},
		{"MixUp(0.4)", func(l *fastlearn.Learner) error {
			return fit(fixture.Line(t, fastlearn.Path(dir), fastlearn.OptFunc(optim.Adam{})), 2, log())
		}, nil},
		{"GradientClip(1, 2)", func(l *fastlearn.Learner) error {
			return fit(l, 2, log(), fastlearn.Callbacks(callback.GradientClip(1, 2)))
		}, nil},
		{"optimizer: Adam → SGD", func(l *fastlearn.Learner) error { return fit(noisy(t, dir, fastlearn.OptFunc(optim.SGD{})), 2, log()) }, nil},
		{"Adam{L2: true}", func(l *fastlearn.Learner) error {
			return fit(noisy(t, dir, fastlearn.OptFunc(optim.Adam{L2: true})), 2, log())
		}, nil},
		{"→ Lamb", func(l *fastlearn.Learner) error {
			rule, err := optim.With(optim.Lamb{}, optim.Hypers{"wd": 0.01})
			if err != nil {
				t.Fatal(err)
			}
			return fit(noisy(t, dir, fastlearn.OptFunc(rule)), 2, log())
		}, nil},
		{"loss: custom → MSE", func(l *fastlearn.Learner) error { return fit(noisy(t, dir, fastlearn.LossFunc(loss.MSE{})), 2, log()) }, nil},
		{"metrics: none → mse", func(l *fastlearn.Learner) error {
			return fit(noisy(t, dir, fastlearn.Metrics(metric.MeanSquaredError())), 2, log())
		}, nil},
		{"bfloat16", func(l *fastlearn.Learner) error { return fit(noisy(t, dir).ToBF16(), 2, log()) }, nil},
		{"frozen norms trained: true → false", func(l *fastlearn.Learner) error { return fit(noisy(t, dir, fastlearn.FreezeBN()), 2, log()) }, nil},
		{"training batches: 4 → 8", func(l *fastlearn.Learner) error {
			l.DLs.Train.(*data.TensorLoader).BatchSize = 8
			return fit(l, 2, log())
		}, nil},
		{"training data: TensorLoader{X", func(l *fastlearn.Learner) error {
			x := l.DLs.Train.(*data.TensorLoader).X
			torch.NoGrad(func() { x.MulScalar_(2) })
			return fit(l, 2, log())
		}, nil},
		{"isn't a training checkpoint", func(l *fastlearn.Learner) error { return fit(l, 2, log()) }, func() {
			if _, err := first.Save("run"); err != nil {
				t.Fatal(err)
			}
		}},
		{"isn't a training checkpoint", func(l *fastlearn.Learner) error { return fit(l, 2, log()) }, func() {
			if _, err := first.Save("run", fastlearn.WithoutOpt()); err != nil {
				t.Fatal(err)
			}
		}},
		{"run.pth", func(l *fastlearn.Learner) error { return fit(l, 2, log()) }, func() {
			if err := os.WriteFile(path, whole[:len(whole)/2], 0o666); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
		if c.spoil != nil {
			c.spoil()
		}
		learn := noisy(t, dir)
		before, callbacks := fixture.WeightsOf(learn), len(learn.Callbacks())
		if err := c.fit(learn); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "run.pth") {
			t.Errorf("want an error of %q: %v", c.want, err)
		}
		if after, err := os.ReadFile(filepath.Join(dir, "history.csv")); err != nil || string(after) != string(table) {
			t.Errorf("%s: the table is now %q, %v", c.want, after, err)
		}
		if !slices.Equal(before, fixture.WeightsOf(learn)) || len(learn.Callbacks()) != callbacks {
			t.Errorf("%s: the learner is changed", c.want)
		}
	}
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	other, err := fastlearn.NewLearner(first.DLs, nn.NewSequential(nn.NewLinear(1, 2), nn.NewLinear(2, 1)), fastlearn.LossFunc(fixture.Squared{}), fastlearn.Path(dir), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var bad *nn.StateError
	if err := fit(other, 2, fastlearn.Callbacks(callback.MixUp(0.4)), log()); !errors.As(err, &bad) {
		t.Errorf("another model: %v", err)
	}
	for name, cb := range parity.Sorted(map[string]fastlearn.Callback{"negative": fastlearn.Checkpoint("run", -1), "safetensors": fastlearn.Checkpoint("run.safetensors", 1)}) {
		if err := first.AddCallbacks(cb); err == nil {
			t.Errorf("%s must be refused", name)
		}
	}
	if err := first.RequestCheckpoint("run"); err == nil {
		t.Error("RequestCheckpoint without a fit must be refused")
	}
}

// Python reads a checkpoint without executing anything, and so do fastai's learn.load and ours.
func TestCheckpointInPython(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	learn := noisy(t, dir)
	err := learn.FitOneCycle(ctx, 2, fastlearn.LR(0.1), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0), &fixture.CancelAt{N: 6, Training: true, Cancel: cancel}))
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var got struct {
		Keys              []string
		Epoch, Iter       int
		Identity          map[string][]string
		RNG               bool
		Weights, Averages []float64
	}
	path := filepath.Join(dir, "models", "run.pth")
	parity.Python(t, "checkpoint.py", map[string]any{"path": path}, &got)
	if !slices.Equal(got.Keys, []string{"model", "opt"}) || got.Epoch != 1 || got.Iter != 2 || !got.RNG || got.Identity["epochs"][0] != "2" {
		t.Errorf("Python reads %+v", got)
	}
	var averages []float64
	for _, p := range learn.Opt.Params() {
		averages = append(averages, p.State["grad_avg"].Item())
	}
	if !slices.Equal(got.Weights, fixture.WeightsOf(learn)) || !slices.Equal(got.Averages, averages) {
		t.Errorf("fastai reads %v, %v, want %v, %v", got.Weights, got.Averages, fixture.WeightsOf(learn), averages)
	}
	again := noisy(t, dir)
	if err := again.Load("run"); err != nil || !slices.Equal(fixture.WeightsOf(again), fixture.WeightsOf(learn)) {
		t.Errorf("Load: %v, %v", fixture.WeightsOf(again), err)
	}
}

// An epoch that begins at a later batch has the same batches from there on, and reads nothing of
// the earlier ones.
func TestBatchesFrom(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	train := dls.Train.(*data.ItemLoader)
	take := func(batches iter.Seq2[*data.Batch, error]) (items [][]int, pixels [][]float32) {
		for b, err := range batches {
			if err != nil {
				t.Fatal(err)
			}
			items, pixels = append(items, b.Items), append(pixels, torch.ToSlice[float32](b.X()))
			b.Close()
		}
		return items, pixels
	}
	torch.ManualSeed(4)
	items, pixels := take(train.Batches(t.Context()))
	for _, batch := range items[:3] {
		for _, i := range batch {
			if err := os.Remove(train.Files()[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	torch.ManualSeed(4)
	laterItems, laterPixels := take(train.BatchesFrom(t.Context(), 3))
	if fmt.Sprint(laterItems) != fmt.Sprint(items[3:]) {
		t.Errorf("items %v, want %v", laterItems, items[3:])
	}
	for k := range laterPixels {
		if !slices.Equal(laterPixels[k], pixels[3+k]) {
			t.Errorf("batch %d differs", 3+k)
		}
	}
	if rest, _ := take(train.BatchesFrom(t.Context(), train.Len())); rest != nil {
		t.Errorf("after the last batch there is %v", rest)
	}
}
