package callback_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
)

// stripes are pictures of 8×8, noise with stripes of one of four directions, and which it is.
func stripes(s *torch.Scope, n int) (x, y *torch.Tensor) {
	const side = 8
	pixels, labels := make([]float32, n*side*side), make([]int64, n)
	noise := torch.ToSlice[float32](s.Randn(int64(len(pixels))))
	for i := range n {
		labels[i] = int64(i * 7 % 4)
		for p := range side * side {
			along := []int{p / side, p % side, p/side + p%side, p/side - p%side + side}[labels[i]]
			pixels[i*side*side+p] = float32(along/2%2)*2 - 1 + 1.5*noise[i*side*side+p]
		}
	}
	return torch.FromSlice(s, pixels, int64(n), 1, side, side), torch.FromSlice(s, labels, int64(n))
}

// striped is a learner of stripes on the CPU. Its model is the same each time.
func striped(t *testing.T, dir string) *fastlearn.Learner {
	t.Helper()
	return stripedOn(t, torch.CPU, dir)
}

func stripedOn(t *testing.T, device torch.Device, dir string) *fastlearn.Learner {
	t.Helper()
	torch.ManualSeed(4)
	s := torch.NewScope()
	x, y := stripes(s, 512)
	vx, vy := stripes(s, 256)
	model := nn.NewSequential(
		nn.NewConv2d(1, 8, 3, nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(8), &nn.ReLU{},
		nn.NewConv2d(8, 8, 3, nn.Padding(1)), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, &nn.Dropout{P: 0.1}, nn.NewLinear(8, 4))
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 64}, &data.TensorLoader{X: vx, Y: vy, BatchSize: 128}, device)
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Metrics(metric.Accuracy()), fastlearn.Logger(nil), fastlearn.Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		learn.Close()
		s.Close()
	})
	return learn
}

// accuracyInBytes is that of validation, by rounding in float32 or, where the processor can, by a plan in bytes.
func accuracyInBytes(t *testing.T, l *fastlearn.Learner, how plan.CalibrateOption) (rounded, planned float64) {
	t.Helper()
	s := torch.NewScope()
	defer s.Close()
	train, valid := l.DLs.Train.(*data.TensorLoader), l.DLs.Valid.(*data.TensorLoader)
	weights := nn.StateMap(l.Model)
	nn.Eval(l.Model)
	torch.NoGrad(func() {
		x := valid.X.In(s)
		g, err := nn.Trace(l.Model, x)
		if err != nil {
			t.Fatal(err)
		}
		all := func(yield func([]*torch.Tensor, error) bool) { yield([]*torch.Tensor{train.X.In(s)}, nil) }
		if err := plan.Calibrate(g, weights, all, how); err != nil {
			t.Fatal(err)
		}
		right := func(outputs []*torch.Tensor, err error) float64 {
			if err != nil {
				t.Fatal(err)
			}
			return outputs[0].ArgMax(-1).Eq(valid.Y.In(s)).To(torch.Float32).Mean().Item()
		}
		rounded = right(plan.FakeQuantize(g, weights, nil, x))
		planned = rounded
		if plan.Int8.Check() == nil {
			p, err := plan.New(g, weights, plan.Int8, x)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			planned = right(p.Run(x))
		}
	})
	return rounded, planned
}

// A model whose channels are of very different sizes, which one scale for all of them can't tell apart, loses by calibration, and after some more training as
// well; training in bytes gives it back, and what validation measures meanwhile is what the plan in bytes then gives.
func TestQATRegains(t *testing.T) {
	collector.Off(t)
	var before, lost, planned float64
	uneven := func() *fastlearn.Learner {
		learn := striped(t, t.TempDir())
		if err := learn.FitOneCycle(t.Context(), 8, fastlearn.LR(0.01)); err != nil {
			t.Fatal(err)
		}
		before = accuracyOf(learn)
		torch.NoGrad(func() { // the same function
			parts := nn.Children(learn.Model)
			norm, next := parts[1].Module.(*nn.BatchNorm), parts[3].Module.(*nn.Conv2d)
			const times = 300
			norm.Weight.Narrow(0, 0, 1).MulScalar_(times)
			norm.Bias.Narrow(0, 0, 1).MulScalar_(times)
			next.Weight.Narrow(1, 0, 1).MulScalar_(1.0 / times)
		})
		return learn
	}
	learn := uneven()
	if lost, planned = accuracyInBytes(t, learn, plan.Percentile(100)); lost > before-0.08 || planned > before-0.08 {
		t.Errorf("of %g calibration leaves %g, by a plan %g: there is nothing to regain", before, lost, planned)
	}
	live := torch.LiveTensors()
	qat := callback.QAT()
	fit := func(l *fastlearn.Learner, cbs ...fastlearn.Callback) {
		if err := l.FitOneCycle(t.Context(), 12, fastlearn.LR(0.006), fastlearn.Callbacks(cbs...)); err != nil {
			t.Fatal(err)
		}
	}
	fit(learn, qat)
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d more tensors live", n)
	}
	measured := accuracyOf(learn)
	again, planned := accuracyInBytes(t, learn, qat.Ranges())
	if again < before-0.03 || planned < before-0.03 {
		t.Errorf("of %g, and %g calibrated, training in bytes leaves %g, by a plan %g", before, lost, again, planned)
	}
	if math.Abs(measured-again) > 1e-6 {
		t.Errorf("validation measured %g, and it is %g", measured, again)
	}
	plain := uneven()
	fit(plain)
	still, _ := accuracyInBytes(t, plain, plan.Percentile(100))
	t.Logf("accuracy %.4f, calibrated %.4f, after training %.4f, after training in bytes %.4f", before, lost, still, again)
	if still > again-0.02 {
		t.Errorf("of %g calibration leaves %g after any training, and after one in bytes %g", before, still, again)
	}
}

func accuracyOf(l *fastlearn.Learner) float64 {
	last := l.Recorder.Values[len(l.Recorder.Values)-1]
	return last[len(last)-1]
}

// rangesOf are the ranges of a training in bytes.
func rangesOf(t *testing.T, l *fastlearn.Learner, qat fastlearn.Callback) (all []float64) {
	t.Helper()
	state, err := qat.(fastlearn.Stateful).State(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"at", "low", "high"} {
		list, _ := pth.Get[*pth.List](state, key)
		for _, v := range list.Items {
			switch v := v.(type) {
			case int64:
				all = append(all, float64(v))
			case float64:
				all = append(all, v)
			}
		}
	}
	if len(all) < 6 {
		t.Fatalf("the ranges are %v", all)
	}
	return all
}

// On a GPU a training in bytes learns the ranges that it learns on the CPU.
func TestCUDAQAT(t *testing.T) {
	if torch.DefaultDevice() == torch.CPU {
		t.Skip("there is no GPU (make test-cuda)")
	}
	var ranges [][]float64
	for _, device := range []torch.Device{torch.CPU, torch.DefaultDevice()} {
		learn, qat := stripedOn(t, device, t.TempDir()), callback.QAT()
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3), fastlearn.Callbacks(qat)); err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, rangesOf(t, learn, qat))
	}
	parity.Close(t, "ranges", ranges[1], ranges[0], 0.01)
}

// In mixed precision passes are in float32 all the same.
func TestQATInMixedPrecision(t *testing.T) {
	var ranges [][]float64
	for _, learn := range []*fastlearn.Learner{striped(t, t.TempDir()), striped(t, t.TempDir()).ToBF16()} {
		qat := callback.QAT()
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3), fastlearn.Callbacks(qat)); err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, rangesOf(t, learn, qat))
	}
	if !slices.Equal(ranges[0], ranges[1]) {
		t.Errorf("the ranges are %v, in float32 %v", ranges[1], ranges[0])
	}
}

// A training in bytes that is cut off in an epoch, in validation or between epochs goes on from its checkpoint to the same numbers, ranges among them.
func TestQATResumes(t *testing.T) {
	fit := func(ctx context.Context, l *fastlearn.Learner, opts ...fastlearn.OneCycleOption) (string, error) {
		qat := callback.QAT(plan.FloatFirst())
		err := l.FitOneCycle(ctx, 2, fastlearn.LR(0.01), append(opts, fastlearn.Callbacks(qat, callback.EMA(0.9), fastlearn.Checkpoint("run", 0)), fastlearn.Resume("run"))...)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(rangesOf(t, l, qat)), nil
	}
	straight := striped(t, t.TempDir())
	ranges, err := fit(t.Context(), straight)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		n        int
		training bool
	}{{1, true}, {5, true}, {8, true}, {1, false}, {11, true}} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if _, err := fit(ctx, striped(t, dir), fastlearn.Callbacks(&fixture.CancelAt{N: at.n, Training: at.training, Cancel: cancel})); !errors.Is(err, context.Canceled) {
			t.Fatalf("%+v: %v", at, err)
		}
		second := striped(t, dir)
		got, err := fit(t.Context(), second)
		if err != nil {
			t.Fatal(err)
		}
		if got != ranges {
			t.Errorf("%+v: the ranges are %s, straight on %s", at, got, ranges)
		}
		if !slices.Equal(fixture.WeightsOf(second), fixture.WeightsOf(straight)) {
			t.Errorf("%+v: the weights are others than straight on", at)
		}
	}
}

// What is exported with a training's ranges predicts what the training's validation sees, and without a batch of training there is nothing to export.
func TestQATExports(t *testing.T) {
	files := fixture.ColourFolders(t, 12, "blue", "red")
	block := fixture.ColourBlock()
	block.ItemTfms = vision.Item(vision.Resize(32))
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	ctx := t.Context()
	if _, err := learn.Export("flowers", fastlearn.Int8(nil, 0, callback.QAT().Ranges())); err == nil || !strings.Contains(err.Error(), "before the first batch of a training") {
		t.Errorf("before a training: %v", err)
	}
	model := learn.Model
	qat := callback.QAT()
	err = learn.FitOneCycle(ctx, 1, fastlearn.LR(1e-4), fastlearn.Callbacks(qat))
	if err != nil {
		t.Fatal(err)
	}
	if learn.Model != model {
		t.Error("the learner has another model now")
	}
	if err := learn.AddCallbacks(qat); err != nil {
		t.Fatal(err)
	}
	preds, err := learn.GetPreds(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	path, err := learn.Export("flowers", fastlearn.Int8(nil, 0, qat.Ranges()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load(path, predictor.OnDevice(torch.CPU))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if can := plan.Int8.Check() == nil; (p.Precision() == "int8") != can {
		t.Fatalf("it predicts in %s", p.Precision())
	} else if !can {
		t.Skip("this processor doesn't predict in bytes")
	}
	for i, said := range p.PredictAll(ctx, dls.Valid.(*data.ItemLoader).Files()) {
		if said.Err != nil {
			t.Fatal(said.Err)
		}
		for k, v := range said.Probs {
			if !(math.Abs(v-preds.Probs[i][k]) < 2e-3) {
				t.Errorf("picture %d: class %d is %g, in validation %g", i, k, v, preds.Probs[i][k])
			}
		}
	}
}

// cancels leaves every second batch out before it runs, or what else an error leaves out.
type cancels struct {
	order int
	err   error
}

func (c cancels) Order() int { return c.order }

func (c cancels) BeforeBatch(l *fastlearn.Learner) error {
	elsewhere := c.err == fastlearn.ErrCancelTrain && !l.Training || c.err == fastlearn.ErrCancelValidate && l.Training
	if l.Iter%2 == 1 && !elsewhere {
		return c.err
	}
	return nil
}

// afterEpoch is called after each epoch.
type afterEpoch func(l *fastlearn.Learner)

func (f afterEpoch) AfterEpoch(l *fastlearn.Learner) error { f(l); return nil }

// A model that can't run in bytes is refused with the reason, and it and batches that are left out leave the learner its model; checkpoints of something
// else are refused.
func TestQATRefuses(t *testing.T) {
	learn := fixture.Line(t)
	model := learn.Model
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(callback.QAT())); err == nil || !strings.Contains(err.Error(), "no layer would compute in bytes") {
		t.Errorf("a model without layers that compute in bytes: %v", err)
	}
	if learn.Model != model {
		t.Error("the learner has another model now")
	}
	reading := striped(t, t.TempDir())
	remove := nn.OnForward(nn.Children(reading.Model)[3].Module, nil, func(_, y *torch.Tensor) { _ = y.Detach().Max().Item() })
	defer remove()
	var reason *torch.Untraceable
	if err := reading.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(callback.QAT())); !errors.As(err, &reason) {
		t.Errorf("a model that reads a number: %v", err)
	}
	for _, left := range []cancels{{0, fastlearn.ErrCancelBatch}, {95, fastlearn.ErrCancelTrain}, {95, fastlearn.ErrCancelValidate}, {math.MaxInt, fastlearn.ErrCancelBatch}, {95, fastlearn.ErrCancelFit}} {
		skipping := striped(t, t.TempDir())
		model = skipping.Model
		check := afterEpoch(func(l *fastlearn.Learner) {
			if l.Model != model {
				t.Errorf("%+v: after the epoch the learner has another model", left)
			}
		})
		err := skipping.Fit(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(callback.QAT(), left, check))
		if err != nil || skipping.Model != model {
			t.Errorf("%+v: %v, the same model %v", left, err, skipping.Model == model)
		}
	}
	qat := callback.QAT().(fastlearn.Stateful)
	state, err := qat.State(learn)
	if err != nil {
		t.Fatal(err)
	}
	if err := qat.LoadState(learn, nil, state); err != nil {
		t.Errorf("a state before a training: %v", err)
	}
	for key, bad := range parity.Sorted(map[string]any{"values": int64(-1), "at": "x", "low": int64(3)}) {
		kept, _ := state.Get(key)
		state.Set(key, bad)
		if err := qat.LoadState(learn, nil, state); err == nil {
			t.Errorf("%s is %v, and no error", key, bad)
		}
		state.Set(key, kept)
	}
}
