package fastlearn_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// spoil puts a value into the middle of one of a model's tensors.
func spoil(t *testing.T, m nn.Module, key string, value float64) {
	t.Helper()
	for _, n := range nn.StateDict(m) {
		if n.Name == key {
			torch.NoGrad(func() {
				s := torch.NewScope()
				defer s.Close()
				flat := n.View(-1).MoveTo(s)
				flat.Narrow(0, flat.Numel()/2, 1).Fill_(value)
			})
			return
		}
	}
	t.Fatalf("the model has no %s", key)
}

// finiteLearner is a learner of classes, of several labels, or of numbers.
func finiteLearner(t *testing.T, y data.TransformBlock, files []string) *fastlearn.Learner {
	t.Helper()
	block := fixture.ColourBlock()
	block.ItemTfms, block.BatchTfms = vision.Item(vision.Resize(16)), vision.Batch()
	if y != nil {
		block.Y = y
	}
	if _, ok := y.(data.RegressionBlock); ok {
		block.GetY = func(string) (string, error) { return "1 2", nil }
	}
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	return learn
}

// predictions are all the calls that make a prediction of a learner's model.
func predictions(t *testing.T, learn *fastlearn.Learner, file string) map[string]func(context.Context) error {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := vision.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context) error{
		"Predict":      func(ctx context.Context) error { _, err := learn.Predict(ctx, file); return err },
		"PredictBytes": func(ctx context.Context) error { _, err := learn.PredictBytes(ctx, data); return err },
		"PredictImage": func(ctx context.Context) error { _, err := learn.PredictImage(ctx, picture.ToGo()); return err },
		"GetPreds":     func(ctx context.Context) error { _, err := learn.GetPreds(ctx, nil); return err },
		"without probs": func(ctx context.Context) error {
			_, err := learn.GetPreds(ctx, learn.DLs.Train, fastlearn.WithoutProbs())
			return err
		},
		"with input": func(ctx context.Context) error { _, err := learn.GetPreds(ctx, nil, fastlearn.WithInput()); return err },
		"Interpret":  func(ctx context.Context) error { _, err := learn.Interpret(ctx, nil); return err },
		"TTA":        func(ctx context.Context) error { _, err := learn.TTA(ctx, nil); return err },
		"TTA's largest": func(ctx context.Context) error {
			_, err := learn.TTA(ctx, nil, fastlearn.TTAMax())
			return err
		},
		"GatherPreds": func(ctx context.Context) error {
			gather := fastlearn.GatherPreds()
			defer gather.Close()
			if err := learn.AddCallbacks(gather); err != nil {
				return err
			}
			defer learn.RemoveCallbacks(gather)
			if _, err := learn.Validate(ctx, nil); err != nil {
				t.Errorf("Validate: %v", err) // the loss is NaN, and says so
			}
			_, err := gather.Preds()
			return err
		},
	}
}

// Whatever predicts says that an output isn't finite, and what in the model it comes from: for each kind of target,
// for NaN and infinity, of weights, of buffers, and of finite weights whose product overflows.
func TestNaNIsNoAnswer(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		y     data.TransformBlock
		key   string
		value float64
		want  string
	}{
		"classes":         {nil, "10.weight", math.NaN(), "10.weight: its training diverged"},
		"several labels":  {data.MultiCategoryBlock{}, "10.bias", math.NaN(), "10.bias: its training diverged"},
		"numbers":         {data.RegressionBlock{}, "10.bias", math.Inf(-1), "10.bias: its training diverged"},
		"a buffer":        {nil, "1.running_var", math.NaN(), "1.running_var: its training diverged"},
		"a first weight":  {nil, "0.weight", math.Inf(1), "0.weight: its training diverged"},
		"an overflow":     {data.RegressionBlock{}, "5.running_var", -1, "the model's weights are finite"},
		"a large product": {data.RegressionBlock{}, "10.weight", 3e38, ""},
	}) {
		t.Run(name, func(t *testing.T) {
			learn := finiteLearner(t, c.y, files)
			spoil(t, learn.Model, c.key, c.value)
			if c.want == "" { // which stays finite
				if p, err := learn.GetPreds(t.Context(), nil); err != nil || len(p.Probs) == 0 {
					t.Errorf("finite numbers: %v", err)
				}
				return
			}
			calls := predictions(t, learn, files[3])
			for range 3 { // until its weights are packed
				calls["Predict"](t.Context())
			}
			live := torch.LiveTensors()
			for what, predict := range calls {
				var bad *predictor.NotFiniteError
				if err := predict(t.Context()); !errors.As(err, &bad) || !bad.Outputs || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v", what, err)
				} else if slices.Contains([]string{"Predict", "GetPreds", "TTA"}, what) && (bad.File == "" || !strings.Contains(err.Error(), bad.File)) {
					t.Errorf("%s doesn't name the picture: %v", what, err)
				}
			}
			if n := torch.LiveTensors() - live; n > 0 {
				t.Errorf("%d tensors live", n)
			}
		})
	}
}

// A file holds NaN, or infinity in a parameter, by an explicit word alone, and is loaded by one; even so no prediction is NaN.
func TestFilesOfNaN(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for name, c := range parity.Sorted(map[string]struct {
		key   string
		value float64
		fine  bool
	}{
		"NaN in a weight":      {"0.weight", math.NaN(), false},
		"NaN in a bias":        {"10.bias", math.NaN(), false},
		"infinity in a weight": {"10.weight", math.Inf(1), false},
		"NaN in a buffer":      {"5.running_mean", math.NaN(), false},
		"infinity in a buffer": {"5.running_var", math.Inf(1), true},
		"large":                {"10.weight", 3e38, true},
	}) {
		t.Run(name, func(t *testing.T) {
			learn := finiteLearner(t, nil, files)
			spoil(t, learn.Model, c.key, c.value)
			path, err := learn.Save("saved")
			var bad *predictor.NotFiniteError
			if errors.As(err, &bad) == c.fine || err != nil && (bad.Written != path || !strings.Contains(err.Error(), path) || !slices.Equal(bad.Tensors, []string{c.key})) {
				t.Errorf("Save: %v", err)
			}
			if err := learn.Load("saved"); err != nil {
				t.Errorf("what Save wrote: %v", err)
			}
			path, err = learn.Export("plain")
			if _, absent := os.Stat(path); (err == nil) != c.fine || !c.fine && (absent == nil || !strings.Contains(err.Error(), c.key) || !strings.Contains(err.Error(), "ExportNotFinite")) {
				t.Errorf("Export: %v", err)
			}
			if path, err = learn.Export("any", fastlearn.ExportNotFinite()); err != nil {
				t.Fatal(err)
			}
			p, err := predictor.Load(path)
			if (err == nil) != c.fine || !c.fine && (!strings.Contains(err.Error(), c.key) || !strings.Contains(err.Error(), "AllowNotFinite")) {
				t.Errorf("predictor.Load: %v", err)
			}
			if err == nil {
				p.Close()
			}
			if p, err = predictor.Load(path, predictor.AllowNotFinite()); err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			_, err = p.Predict(t.Context(), files[0])
			if errors.As(err, &bad) == c.fine || !c.fine && !strings.Contains(err.Error(), files[0]) {
				t.Errorf("Predict: %v", err)
			}
			if all := p.PredictAll(t.Context(), files[:3]); (all[2].Err == nil) != c.fine {
				t.Errorf("PredictAll: %v", all[2].Err)
			}
		})
	}
}

// darkness is a model that has no answer to black pictures.
type darkness struct{ nn.Base }

func (*darkness) Forward(x *torch.Tensor) *torch.Tensor {
	y := x.Mean(1, 2, 3).View(-1, 1)
	return torch.Cat(1, y.Div(y), y)
}

// Of pictures that are predicted together only the one without an answer has an error.
func TestNaNOfOneInABatch(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	learn := finiteLearner(t, nil, files)
	nn.Close(learn.Model)
	learn.Model = &darkness{}
	file, err := learn.Export("dark", fastlearn.OwnModel("dark"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load(file, predictor.Batching(8, 0), predictor.BuildModel(func(string) (nn.Module, error) { return &darkness{}, nil }))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	black := files[0] + ".png"
	var picture bytes.Buffer
	if err := errors.Join(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 20, 20))), os.WriteFile(black, picture.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	for i, one := range p.PredictAll(t.Context(), []string{files[0], files[1], black, files[2]}) {
		var bad *predictor.NotFiniteError
		if errors.As(one.Err, &bad) != (i == 2) {
			t.Errorf("picture %d: %v", i, one.Err)
		}
	}
	dl, err := learn.DLs.TestDL([]string{files[0], black})
	if err != nil {
		t.Fatal(err)
	}
	defer dl.Close()
	var bad *predictor.NotFiniteError
	if _, err := learn.GetPreds(t.Context(), dl); !errors.As(err, &bad) || bad.Item != 1 || bad.File != black || bad.Tensors != nil {
		t.Errorf("GetPreds: %v", err)
	}
}

// A fit whose loss isn't finite trains to its end, as in fastai, and logs the first such batch, once.
func TestLossThatIsNotFinite(t *testing.T) {
	train, valid := "The loss is +Inf in epoch 0, at batch 3 of 4 of training", "The loss is NaN in epoch 0, at batch 1 of 2 of validation"
	for _, c := range []struct {
		name    string
		loss    loss.Loss
		cbs     []fastlearn.Callback
		want    string
		batches int // trained in two epochs
	}{
		{"finite", fixture.Squared{}, nil, "", 8},
		{"in training", infiniteAfter(3), nil, train, 8},
		{"in validation", fixture.NaNLoss{}, nil, valid, 8},
		{"in training, and ends the fit", infiniteAfter(3), []fastlearn.Callback{callback.TerminateOnNaN()}, train, 2},
		{"in validation, and ends the fit", fixture.NaNLoss{}, []fastlearn.Callback{callback.TerminateOnNaN()}, valid, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said []string
			learn := fixture.Line(t, fastlearn.LossFunc(c.loss), fastlearn.Logger(func(row []string) {
				if len(row) == 1 {
					said = append(said, row[0])
				}
			}))
			if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(c.cbs...)); err != nil {
				t.Fatal(err)
			}
			if n := len(learn.Recorder.Losses); n != c.batches {
				t.Errorf("%d batches were trained, want %d", n, c.batches)
			}
			if c.want == "" && len(said) != 0 || c.want != "" && (len(said) != 1 || !strings.HasPrefix(said[0], c.want)) {
				t.Errorf("logged %q, want %q once", said, c.want)
			}
		})
	}
}

// infiniteAfter is a loss that is infinite from its n-th training batch on.
func infiniteAfter(n int) loss.Loss { return &lateInfinity{after: n} }

type lateInfinity struct {
	fixture.Squared
	after int
}

func (l *lateInfinity) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	value := l.Squared.Loss(pred, target, r)
	if torch.GradEnabled() {
		l.after--
	}
	if l.after <= 0 {
		value = value.AddScalar(math.Inf(1))
	}
	return value
}
