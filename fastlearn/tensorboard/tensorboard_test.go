package tensorboard

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

type read struct {
	Scalars map[string][][2]float64
	Images  map[string][][6]int
	Order   int
}

func readEvents(t *testing.T, dir string) (out read) {
	t.Helper()
	parity.Python(t, "tensorboard_read.py", map[string]any{"dir": dir}, &out)
	return out
}

// TensorBoard itself reads the numbers and pictures that a writer writes.
func TestTensorBoardReadsWhatIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "first")
	w, err := NewWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 7, 5))
	m.Set(0, 0, color.RGBA{200, 100, 50, 255})
	for i := range 300 {
		err = errors.Join(err, w.Scalar("a", float64(i)/4, i))
	}
	err = errors.Join(err, w.Scalar("größe/läuft", -2.5, 1<<40), w.Image("picture", m, 3), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	got := readEvents(t, dir)
	if len(got.Scalars["a"]) != 300 || got.Scalars["a"][299] != [2]float64{299, 74.75} {
		t.Errorf("a: %v", got.Scalars["a"])
	}
	if b := got.Scalars["größe/läuft"]; len(b) != 1 || b[0] != [2]float64{1 << 40, -2.5} {
		t.Errorf("the other one: %v", b)
	}
	if p := got.Images["picture"]; len(p) != 1 || p[0] != [6]int{3, 7, 5, 200, 100, 50} {
		t.Errorf("picture: %v", p)
	}
}

// cancelAt cancels a fit after so many training batches.
type cancelAt struct {
	n      int
	cancel context.CancelFunc
}

func (c *cancelAt) AfterBatch(l *fastlearn.Learner) error {
	if l.TrainIter == c.n {
		c.cancel()
	}
	return nil
}

// logged is a learner of x, the same each time, that logs below dir.
func logged(t *testing.T, dir string, x *torch.Tensor) *fastlearn.Learner {
	t.Helper()
	torch.ManualSeed(2)
	loader := &data.TensorLoader{X: x, Y: x, BatchSize: 4}
	learn, err := fastlearn.NewLearner(data.NewLoaders(loader, loader, torch.CPU), nn.NewLinear(1, 1), fastlearn.LossFunc(loss.MSE{}),
		fastlearn.Path(dir), fastlearn.Logger(nil), fastlearn.Callbacks(Log(filepath.Join(dir, "runs"))))
	if err != nil {
		t.Fatal(err)
	}
	return learn
}

// A fit's losses, hyperparameters and metrics are there, step by step, once each, also where the fit
// was interrupted and resumed from an earlier checkpoint.
func TestLog(t *testing.T) {
	dir := t.TempDir()
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(12, 1)
	fit := func(ctx context.Context, opts ...fastlearn.OneCycleOption) *fastlearn.Recorder {
		learn := logged(t, dir, x)
		defer learn.Close()
		if err := learn.FitOneCycle(ctx, 3, fastlearn.LR(0.1), opts...); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if cb := learn.Callbacks()[2]; cb.(fastlearn.Ordered).Order() != 51 {
			t.Errorf("the third callback is %T", cb)
		}
		return learn.Recorder
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	save := callback.SaveModel(callback.EveryEpoch(3), callback.WithCheckpoint()) // after the first epoch
	fit(ctx, fastlearn.Callbacks(save, &cancelAt{8, cancel}))
	r := fit(t.Context(), fastlearn.Callbacks(save), fastlearn.Resume("model_0.checkpoint"))
	files, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	got := readEvents(t, filepath.Join(dir, "runs"))
	if got.Order != 51 {
		t.Errorf("fastai's order is %d", got.Order)
	}
	same := func(tag string, want []float64, step func(i int) int) {
		t.Helper()
		points := got.Scalars[tag]
		if len(points) != len(want) {
			t.Fatalf("%s: %v, want %v", tag, points, want)
		}
		for i, p := range points {
			if p[0] != float64(step(i)) || p[1] != float64(float32(want[i])) {
				t.Errorf("%s: point %d is %v, want %v at %d", tag, i, p, want[i], step(i))
			}
		}
	}
	batch := func(i int) int { return i + 1 }
	same("train_loss", r.Losses, batch)
	same("lr_0", r.LRs, batch)
	same("mom_0", r.Hypers["mom"], batch)
	var valid []float64
	for _, row := range r.Values {
		valid = append(valid, row[1])
	}
	same("valid_loss", valid, func(i int) int { return 3 * (i + 1) })
}

// failsAfter fails after an epoch, when all others are done with it.
type failsAfter int

func (failsAfter) Order() int { return 99 }

func (f failsAfter) AfterEpoch(l *fastlearn.Learner) error {
	if l.Epoch == int(f) {
		return errors.New("it fails")
	}
	return nil
}

// Two fits log to one directory, the second one fails after its first epoch has its values, and the program is started again: the
// first fit, in which nothing is left to train, has nothing forgotten, and the second has each number once.
func TestLogOfASecondFit(t *testing.T) {
	dir := t.TempDir()
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(12, 1)
	program := func(second ...fastlearn.Callback) error {
		learn := logged(t, dir, x)
		defer learn.Close()
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(fastlearn.Checkpoint("first", 0)), fastlearn.Resume("first")); err != nil {
			t.Fatal(err)
		}
		return learn.Fit(t.Context(), 3, fastlearn.LR(0.1), fastlearn.Callbacks(fastlearn.Checkpoint("second", 0)), fastlearn.Callbacks(second...), fastlearn.Resume("second"))
	}
	if err := program(failsAfter(1)); err == nil {
		t.Fatal("it should fail")
	}
	if err := program(); err != nil {
		t.Fatal(err)
	}
	steps := map[string][]float64{"train_loss": {1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "valid_loss": {3, 3, 6, 9}, "lr_0": {1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	got := readEvents(t, filepath.Join(dir, "runs"))
	for tag, want := range steps {
		var seen []float64
		for _, p := range got.Scalars[tag] {
			seen = append(seen, p[0])
		}
		if !slices.Equal(seen, want) {
			t.Errorf("%s: steps %v, want %v", tag, seen, want)
		}
	}
}

func TestNoPlaceToWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWriter(file); err == nil {
		t.Error("a file isn't a directory")
	}
}
