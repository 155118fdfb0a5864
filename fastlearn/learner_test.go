package fastlearn_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

func TestFitLearnsALine(t *testing.T) {
	learn := fixture.Line(t)
	if err := learn.Fit(context.Background(), 40, fastlearn.LR(0.05)); err != nil {
		t.Fatal(err)
	}
	state := nn.StateDict(learn.Model)
	if w, b := state[0].Item(), state[1].Item(); math.Abs(w-2) > 0.01 || math.Abs(b-3) > 0.01 {
		t.Errorf("y = %.3fx + %.3f, want 2x + 3", w, b)
	}
	r := learn.Recorder
	if len(r.Values) != 40 || len(r.Losses) != 160 || r.Iters[39] != 160 || !slices.Equal(r.MetricNames, []string{"epoch", "train_loss", "valid_loss", "time"}) {
		t.Errorf("recorded %d epochs, %d losses, heads %v", len(r.Values), len(r.Losses), r.MetricNames)
	}
}

// spy notes every event.
type spy struct {
	seen   []string
	cancel map[string]error
}

func (s *spy) on(event string) error {
	s.seen = append(s.seen, event)
	return s.cancel[event]
}
func (s *spy) BeforeFit(*fastlearn.Learner) error           { return s.on("before_fit") }
func (s *spy) BeforeEpoch(*fastlearn.Learner) error         { return s.on("before_epoch") }
func (s *spy) BeforeTrain(*fastlearn.Learner) error         { return s.on("before_train") }
func (s *spy) BeforeBatch(*fastlearn.Learner) error         { return s.on("before_batch") }
func (s *spy) AfterPred(*fastlearn.Learner) error           { return s.on("after_pred") }
func (s *spy) AfterLoss(*fastlearn.Learner) error           { return s.on("after_loss") }
func (s *spy) BeforeBackward(*fastlearn.Learner) error      { return s.on("before_backward") }
func (s *spy) AfterCancelBackward(*fastlearn.Learner) error { return s.on("after_cancel_backward") }
func (s *spy) AfterBackward(*fastlearn.Learner) error       { return s.on("after_backward") }
func (s *spy) BeforeStep(*fastlearn.Learner) error          { return s.on("before_step") }
func (s *spy) AfterCancelStep(*fastlearn.Learner) error     { return s.on("after_cancel_step") }
func (s *spy) AfterStep(*fastlearn.Learner) error           { return s.on("after_step") }
func (s *spy) AfterCancelBatch(*fastlearn.Learner) error    { return s.on("after_cancel_batch") }
func (s *spy) AfterBatch(*fastlearn.Learner) error          { return s.on("after_batch") }
func (s *spy) AfterCancelTrain(*fastlearn.Learner) error    { return s.on("after_cancel_train") }
func (s *spy) AfterTrain(*fastlearn.Learner) error          { return s.on("after_train") }
func (s *spy) BeforeValidate(*fastlearn.Learner) error      { return s.on("before_validate") }
func (s *spy) AfterCancelValidate(*fastlearn.Learner) error { return s.on("after_cancel_validate") }
func (s *spy) AfterValidate(*fastlearn.Learner) error       { return s.on("after_validate") }
func (s *spy) AfterCancelEpoch(*fastlearn.Learner) error    { return s.on("after_cancel_epoch") }
func (s *spy) AfterEpoch(*fastlearn.Learner) error          { return s.on("after_epoch") }
func (s *spy) AfterCancelFit(*fastlearn.Learner) error      { return s.on("after_cancel_fit") }
func (s *spy) AfterFit(*fastlearn.Learner) error            { return s.on("after_fit") }

func TestEventsComeInFastaisOrder(t *testing.T) {
	batch := "before_batch after_pred after_loss before_backward after_backward before_step after_step after_batch "
	look := "before_batch after_pred after_loss after_batch "
	epoch := func(train, valid string) string {
		return "before_fit before_epoch before_train " + train + "after_train before_validate " + valid + "after_validate after_epoch after_fit"
	}
	full := strings.Repeat(batch, 4)
	twice := strings.Repeat(look, 2)
	for _, c := range []struct {
		at   string
		err  error
		want string
	}{
		{"", nil, epoch(full, twice)},
		{"after_pred", fastlearn.ErrCancelBatch, epoch(strings.Repeat("before_batch after_pred after_cancel_batch after_batch ", 4), strings.Repeat("before_batch after_pred after_cancel_batch after_batch ", 2))},
		{"before_backward", fastlearn.ErrCancelBackward, epoch(strings.Repeat("before_batch after_pred after_loss before_backward after_cancel_backward after_backward before_step after_step after_batch ", 4), twice)},
		{"before_step", fastlearn.ErrCancelStep, epoch(strings.Repeat("before_batch after_pred after_loss before_backward after_backward before_step after_cancel_step after_step after_batch ", 4), twice)},
		{"before_backward", fastlearn.ErrCancelTrain, epoch("before_batch after_pred after_loss before_backward after_cancel_train ", twice)},
		{"before_validate", fastlearn.ErrCancelValidate, "before_fit before_epoch before_train " + full + "after_train before_validate after_cancel_validate after_validate after_epoch after_fit"},
		{"before_train", fastlearn.ErrCancelEpoch, "before_fit before_epoch before_train after_cancel_epoch after_epoch after_fit"},
		{"before_backward", fastlearn.ErrCancelFit, "before_fit before_epoch before_train before_batch after_pred after_loss before_backward after_cancel_fit after_fit"},
	} {
		s := &spy{cancel: map[string]error{c.at: c.err}}
		if err := fixture.Line(t, fastlearn.Callbacks(s)).Fit(context.Background(), 1, fastlearn.LR(0.01)); err != nil {
			t.Errorf("%v at %s: %v", c.err, c.at, err)
		}
		if got := strings.Join(s.seen, " "); got != c.want {
			t.Errorf("%v at %s:\n got %s\nwant %s", c.err, c.at, got, c.want)
		}
	}
}

func TestAnErrorNamesCallbackAndEventAndStillCloses(t *testing.T) {
	s := &spy{cancel: map[string]error{"after_loss": errors.New("broken")}}
	learn := fixture.Line(t, fastlearn.Callbacks(s))
	err := learn.Fit(context.Background(), 2, fastlearn.LR(0.01))
	if err == nil || !strings.Contains(err.Error(), "spy at after_loss: broken") {
		t.Errorf("error %v", err)
	}
	if last := s.seen[len(s.seen)-1]; last != "after_fit" {
		t.Errorf("the last event is %s, want after_fit", last)
	}
	s.cancel = nil
	if err := learn.Fit(context.Background(), 1, fastlearn.LR(0.01)); err != nil {
		t.Errorf("the learner can't go on: %v", err)
	}
}

func TestCancelledContextEndsWithinABatch(t *testing.T) {
	collector.Off(t)
	ctx, cancel := context.WithCancel(context.Background())
	batches := 0
	learn := fixture.Line(t, fastlearn.Callbacks(fixture.AfterBatch(func() {
		if batches++; batches == 3 {
			cancel()
		}
	})))
	before := torch.LiveTensors()
	if err := learn.Fit(ctx, 5, fastlearn.LR(0.01)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if batches != 3 {
		t.Errorf("%d batches ran, want 3", batches)
	}
	path, err := learn.Save("interrupted")
	if err != nil {
		t.Fatal(err)
	}
	if err := learn.Load(path); err != nil {
		t.Error(err)
	}
	if got := torch.LiveTensors() - before; got != 2 { // the momentum of weight and bias
		t.Errorf("%d tensors live", got)
	}
}

func TestLoadListsAllThatDoesNotFit(t *testing.T) {
	learn := fixture.Line(t)
	before := fixture.WeightsOf(learn)
	other, err := fastlearn.NewLearner(learn.DLs, nn.NewSequential(nn.NewLinear(1, 2), nn.NewLinear(2, 1)), fastlearn.LossFunc(fixture.Squared{}), fastlearn.Path(learn.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Save("other"); err != nil {
		t.Fatal(err)
	}
	err = learn.Load("other")
	var bad *nn.StateError
	if !errors.As(err, &bad) || len(bad.Missing) != 2 || len(bad.Unexpected) != 4 || !strings.Contains(err.Error(), "other.pth") {
		t.Errorf("error %v", err)
	}
	if err := learn.Load("absent"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if err := os.WriteFile(filepath.Join(learn.Path, "models", "junk.pth"), []byte("junk"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := learn.Load("junk"); err == nil || !strings.Contains(err.Error(), "junk.pth") {
		t.Errorf("junk: %v", err)
	}
	if !slices.Equal(before, fixture.WeightsOf(learn)) {
		t.Error("a failed load changed the model")
	}
}

func TestSavedTrainingGoesOn(t *testing.T) {
	ctx := context.Background()
	straight := fixture.Line(t)
	if err := errors.Join(straight.Fit(ctx, 1, fastlearn.LR(0.01)), straight.Fit(ctx, 1, fastlearn.LR(0.01))); err != nil {
		t.Fatal(err)
	}
	first := fixture.Line(t)
	if err := first.Fit(ctx, 1, fastlearn.LR(0.01)); err != nil {
		t.Fatal(err)
	}
	path, err := first.Save("half")
	if err != nil {
		t.Fatal(err)
	}
	second := fixture.Line(t)
	if err := errors.Join(second.Load(path), second.Fit(ctx, 1, fastlearn.LR(0.01))); err != nil {
		t.Fatal(err)
	}
	if a, b := fixture.WeightsOf(straight), fixture.WeightsOf(second); !slices.Equal(a, b) {
		t.Errorf("saved and loaded: %v, straight on: %v", b, a)
	}
}

func TestUnwritableModelDirIsFoundBefore(t *testing.T) {
	learn := fixture.Line(t)
	if err := os.WriteFile(filepath.Join(learn.Path, "models"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := learn.CheckModelDir(); err == nil || !strings.Contains(err.Error(), "models") {
		t.Errorf("error %v", err)
	}
}

func TestBadSettings(t *testing.T) {
	ctx := context.Background()
	learn := fixture.Line(t)
	for name, err := range parity.Sorted(map[string]error{
		"no epochs":       learn.Fit(ctx, 0, nil),
		"negative rate":   learn.Fit(ctx, 1, fastlearn.LR(-1)),
		"too many rates":  learn.Fit(ctx, 1, fastlearn.LR(1, 2)),
		"freezing a line": learn.Freeze(),
	}) {
		if err == nil {
			t.Errorf("%s must be refused", name)
		}
	}
	if _, err := fastlearn.NewLearner(learn.DLs, nn.NewLinear(1, 1)); err == nil || !strings.Contains(err.Error(), "LossFunc") {
		t.Errorf("no loss: %v", err)
	}
	if torch.CUDADeviceCount() == 0 {
		dls := data.NewLoaders(learn.DLs.Train, learn.DLs.Valid, torch.CUDA(0))
		if _, err := fastlearn.NewLearner(dls, nn.NewLinear(1, 1), fastlearn.LossFunc(fixture.Squared{})); err == nil || !strings.Contains(err.Error(), "cuda:0") {
			t.Errorf("a GPU where there is none: %v", err)
		}
	}
}

// The same seed trains the same weights, to the bit; they are listed with PyTorch's keys.
func TestSetSeed(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	train := func() []float32 {
		fastlearn.SetSeed(9)
		dls := fixture.ColourDLs(t, files, data.BatchSize(4))
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
			t.Fatal(err)
		}
		first := nn.StateDict(learn.Model)[0]
		if first.Name != "0.0.weight" {
			t.Errorf("the first key is %s", first.Name)
		}
		return torch.ToSlice[float32](first.Detach())
	}
	if !slices.Equal(train(), train()) {
		t.Error("two trainings from one seed differ")
	}
}

// held is a callback that Go can't compare.
type held struct{ values []int }

func (held) BeforeFit(*fastlearn.Learner) error { return nil }

// refusing is a callback that can't be added.
type refusing struct{}

func (refusing) AfterCreate(*fastlearn.Learner) error { return errors.New("no") }

// Whatever a callback's type is, a fit's are gone after it, and all of them where one is refused.
func TestCallbacksOfAFitAreGone(t *testing.T) {
	learn := fixture.Line(t)
	before := len(learn.Callbacks())
	seen := 0
	count := fixture.AfterBatch(func() { seen++ })
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(held{[]int{1}}, count)); err != nil {
		t.Fatal(err)
	}
	if seen == 0 || len(learn.Callbacks()) != before {
		t.Errorf("called %d times; %d callbacks, %d before", seen, len(learn.Callbacks()), before)
	}
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1), fastlearn.Callbacks(count, refusing{})); err == nil || len(learn.Callbacks()) != before {
		t.Errorf("%v; %d callbacks, %d before", err, len(learn.Callbacks()), before)
	}
	if err := learn.FineTune(t.Context(), 0); err == nil {
		t.Error("FineTune for 0 epochs must be refused")
	}
}

// A validation that is cancelled says so, and the next one is as always.
func TestCancelledValidation(t *testing.T) {
	learn := fixture.Line(t)
	cancel := &spy{cancel: map[string]error{"before_validate": fastlearn.ErrCancelValidate}}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(cancel)); err != nil {
		t.Fatal(err)
	}
	if v, err := learn.Validate(t.Context(), nil); err != nil || len(v) != 1 {
		t.Errorf("%v, %v", v, err)
	}
}

// leavesOut leaves the first batch of a validation out.
type leavesOut struct{}

func (leavesOut) BeforeBatch(l *fastlearn.Learner) error {
	if !l.Training && l.Iter == 0 {
		return fastlearn.ErrCancelBatch
	}
	return nil
}

// A validation's batch that a callback leaves out counts for nothing, and predictions without it are an error.
func TestBatchesThatAreLeftOut(t *testing.T) {
	plain, learn := fixture.Line(t, fastlearn.Metrics(metric.MeanSquaredError())), fixture.Line(t, fastlearn.Metrics(metric.MeanSquaredError()), fastlearn.Callbacks(leavesOut{}))
	valid := plain.DLs.Valid.(*data.TensorLoader)
	s := torch.NewScope()
	defer s.Close()
	plain.DLs.Valid = &data.TensorLoader{X: valid.X.Narrow(0, 32, 32).MoveTo(s), Y: valid.Y.Narrow(0, 32, 32).MoveTo(s), BatchSize: 32}
	if err := errors.Join(plain.Fit(t.Context(), 1, fastlearn.LR(0.01)), learn.Fit(t.Context(), 1, fastlearn.LR(0.01))); err != nil {
		t.Fatal(err)
	}
	if a, b := plain.Recorder.Values[0], learn.Recorder.Values[0]; !slices.Equal(a, b) {
		t.Errorf("%v, want %v", b, a)
	}
	if _, err := learn.GetPreds(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "left 1 of 2 batches out") {
		t.Errorf("the predictions: %v", err)
	}
}
