package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A fit takes away its own callbacks, and not the learner's that are the same.
func TestCallbacksOfALearnerStay(t *testing.T) {
	early := callback.EarlyStopping()
	cbs := []fastlearn.Callback{callback.GradientClip(1, 2), callback.TerminateOnNaN(), early, held{[]int{1}}}
	learn := fixture.Line(t, fastlearn.Callbacks(cbs...))
	before := fmt.Sprint(learn.Callbacks())
	if err := learn.FineTune(t.Context(), 1); err == nil {
		t.Fatal("a line has one group: it can't be frozen")
	}
	for range 2 {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(cbs...)); err != nil {
			t.Fatal(err)
		}
		if after := fmt.Sprint(learn.Callbacks()); after != before {
			t.Errorf("the learner's callbacks are %s, and were %s", after, before)
		}
	}
	learn.RemoveCallbacks(append(cbs, nil)...)
	if n := len(learn.Callbacks()); n != 3 { // the loop's own, and the one that Go can't compare
		t.Errorf("%d callbacks are left", n)
	}
}

// inside does something in each of two events.
type inside struct {
	afterBatch, afterEpoch func(l *fastlearn.Learner) error
}

func (i inside) AfterBatch(l *fastlearn.Learner) error { return i.afterBatch(l) }
func (i inside) AfterEpoch(l *fastlearn.Learner) error { return i.afterEpoch(l) }
func (inside) Order() int                              { return 90 }

// A callback can't begin a fit within a fit, nor validate within an epoch; between epochs it can validate.
func TestFitWithinAFit(t *testing.T) {
	nothing := func(*fastlearn.Learner) error { return nil }
	fit := func(l *fastlearn.Learner) error { return l.Fit(context.Background(), 1, fastlearn.LR(0.1)) }
	find := func(l *fastlearn.Learner) error { _, err := l.LRFind(context.Background()); return err }
	validate := func(l *fastlearn.Learner) error { _, err := l.Validate(context.Background(), nil); return err }
	for want, cb := range parity.Sorted(map[string]inside{
		"fastlearn_test.inside at after_batch: fastlearn: a fit of this learner is running":   {fit, nothing},
		"inside at after_epoch: fastlearn: a fit of this learner is running":                  {nothing, find},
		"fastlearn_test.inside at after_batch: fastlearn: within an epoch of a fit neither a": {validate, nothing},
	}) {
		learn := fixture.Line(t)
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(cb)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
			t.Errorf("the next fit: %v", err)
		}
	}
	plain, learn := fixture.Line(t), fixture.Line(t)
	if err := errors.Join(plain.Fit(t.Context(), 3, fastlearn.LR(0.1)), learn.Fit(t.Context(), 3, fastlearn.LR(0.1), fastlearn.Callbacks(inside{nothing, validate}))); err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(fixture.WeightsOf(learn), learn.Recorder.Values), fmt.Sprint(fixture.WeightsOf(plain), plain.Recorder.Values); a != b {
		t.Errorf("a validation after each epoch changes the fit: %s, want %s", a, b)
	}
}

// A model without parameters is refused.
func TestNothingToTrain(t *testing.T) {
	learn, err := fastlearn.NewLearner(fixture.Line(t).DLs, nn.NewSequential(&nn.ReLU{}), fastlearn.LossFunc(fixture.Squared{}), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := learn.FitOneCycle(t.Context(), 1, nil); err == nil || !strings.Contains(err.Error(), "no parameters to train") {
		t.Error(err)
	}
	if _, err := learn.Validate(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// badBatches changes a loader's batches.
type badBatches struct {
	data.Loader
	change func(*data.Batch)
}

func (b badBatches) Batches(ctx context.Context) iter.Seq2[*data.Batch, error] {
	return func(yield func(*data.Batch, error) bool) {
		for batch, err := range b.Loader.Batches(ctx) {
			if batch != nil {
				b.change(batch)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// A custom loader that doesn't number its items has them numbered, and what can't be is refused.
func TestBatchesOfOnesOwn(t *testing.T) {
	plain, own := fixture.Line(t), fixture.Line(t)
	unnamed := func(b *data.Batch) { b.Items = nil }
	own.DLs.Train, own.DLs.Valid = badBatches{own.DLs.Train, unnamed}, badBatches{own.DLs.Valid, unnamed}
	if err := errors.Join(plain.Fit(t.Context(), 1, fastlearn.LR(0.1)), own.Fit(t.Context(), 1, fastlearn.LR(0.1))); err != nil {
		t.Fatal(err)
	}
	if got, want := own.Recorder.Values[0], plain.Recorder.Values[0]; !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
	preds, err := own.GetPreds(t.Context(), nil)
	if err != nil || len(preds.Items) != 64 || !slices.IsSorted(preds.Items) {
		t.Errorf("%v: %v", preds, err)
	}
	for want, change := range parity.Sorted(map[string]func(b *data.Batch){
		"32 items in X and 3 in Items": func(b *data.Batch) { b.Items = b.Items[:3] },
		"no Xs":                        func(b *data.Batch) { b.Xs = nil },
	}) {
		own.DLs.Valid = badBatches{plain.DLs.Valid, change}
		if _, err := own.Validate(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error of %q: %v", want, err)
		}
	}
}

// Without a loader to validate by a model is trained all the same, but not by what validation would say.
func TestNoValidationLoader(t *testing.T) {
	learn := fixture.Line(t)
	learn.DLs.Valid = data.NewLoaders(learn.DLs.Train, nil, torch.DefaultDevice()).Valid
	for _, cb := range []fastlearn.Callback{callback.SaveModel(), callback.EarlyStopping(), callback.ReduceLROnPlateau()} {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(cb)); err == nil || !strings.Contains(err.Error(), "the validation set is empty") {
			t.Errorf("%T: %v", cb, err)
		}
	}
	loss := callback.Monitor("train_loss")
	if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.1), fastlearn.Callbacks(callback.SaveModel(callback.AtEnd()), callback.SaveModel(callback.EveryEpoch(1)), callback.EarlyStopping(loss), callback.SaveModel(loss, callback.FName("best")))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model", "model_1", "best"} {
		if err := learn.Load(name, fastlearn.WithoutOpt()); err != nil {
			t.Error(err)
		}
	}
	if err := learn.DLs.Close(); err != nil {
		t.Error(err)
	}
	if _, err := fastlearn.NewLearner(&data.Loaders{Train: learn.DLs.Train}, learn.Model, fastlearn.LossFunc(fixture.Squared{})); err == nil {
		t.Error("loaders without a Valid must be refused")
	}
}
