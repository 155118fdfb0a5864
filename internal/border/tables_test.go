package border

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/tensorboard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// nilIsRight lists what returns no error for something that seems to make no sense, and why.
var nilIsRight = map[string]string{
	"fastlearn.Learner.FreezeTo in use":                "0 freezes no group",
	"fastlearn/tensorboard.Writer.Restart in use":      "0 is a step",
	"fastlearn/tensorboard.Writer.Scalar in use":       "TensorBoard draws NaN",
	"torch/checkpoint.File.StateDict closed":           "names and shapes stay; the tensors' bytes are an error",
	"torch/checkpoint.File.StateDictAt closed":         "names and shapes stay; the tensors' bytes are an error",
	"torch/checkpoint.File.StateDictAt in use":         "an empty path is the file itself",
	"torch/checkpoint.File.Unchanged closed":           "what was read was copied, and can't change",
	"torch/optim.Optimizer.ToPTH closed":               "its state is empty",
	"torch/optim.Optimizer.ToTorch closed":             "its state is empty",
	"torch/pth.File.Unchanged closed":                  "what was read was copied, and can't change",
	"fastlearn/loss.BCEWithLogits.Check zero":          "its defaults are all right",
	"fastlearn/loss.CrossEntropy.Check zero":           "its defaults are all right",
	"fastlearn/loss.Focal.Check zero":                  "its defaults are all right",
	"fastlearn/loss.LabelSmoothing.Check zero":         "its defaults are all right",
	"fastlearn/clean.Plan":                             "no choices are a plan of nothing to do",
	"fastlearn/data.ItemLoader.Ordered in use":         "it needs no argument",
	"fastlearn/data.Loaders.Check closed":              "they are complete",
	"torch/pth.LoadNumbers":                            "it is asked for nothing",
	"torch/graph.Int.At zero":                          "0 is a number",
	"torch/graph.Int.MarshalJSON zero":                 "0 is a number",
	"torch/plan.Precision.Check zero":                  "float32 runs everywhere",
	"torch/checkpoint/inspect.Number.MarshalJSON zero": "0 is a number",
	"torch.Device.Check":                               "the zero Device is the CPU",
	"torch.Synchronize":                                "the CPU's work is done",
	"torch/distributed.ProcessGroup.Explain":           "there is no error to explain",
	"torch/pth.File.Unchanged zero":                    "what was read was copied, and can't change",
	"torch/safetensors.File.Unchanged zero":            "what was read was copied, and can't change",
	"torch/safetensors.File.Unchanged closed":          "what was read was copied, and can't change",
	"vision.BatchFrom":                                 "no transforms are all right",
	"vision.BatchTransforms.Check zero":                "no transforms are all right",
	"vision.BatchTransforms.CheckChannels zero":        "no transforms are all right",
	"vision.ItemFrom":                                  "no transforms are all right",
	"vision.ItemTransforms.Check zero":                 "no transforms are all right",
	"vision.BatchTransforms.Describe zero":             "no transforms are all right",
	"vision.ItemTransforms.Describe zero":              "no transforms are all right",
	"vision.ItemTransforms.Sizes zero":                 "no transforms are all right",
	"fastlearn/data.ImageBlock.Setup zero":             "pictures need no set-up",
	"fastlearn/data.RegressionBlock.Setup zero":        "no labels are of one number",
	"vision.Kind.Check zero":                           "the zero Kind is Values",
	"vision/hub.Dir":                                   "it takes nothing",
	"vision/hub.HFDir":                                 "it takes nothing",
	"vision/hub.ExpandUser":                            "an empty path stays empty",
}

// values lists the methods without an error whose value for a receiver that is nil, zero or closed isn't zero, by how the value begins.
var values = map[string]string{
	"fastlearn.ClassReport.String zero":            "  precision",
	"fastlearn/clean.Cleaning.String":              "nothing to do",
	"fastlearn/data.ItemLoader.ClassCounts closed": "[", // what it was made of stays
	"fastlearn/data.ItemLoader.Places closed":      "[",
	"fastlearn/data.ItemLoader.Spec closed":        "{",
	"fastlearn/data.ItemLoader.Targets closed":     "[",
	"fastlearn/data.ItemLoader.Vocab closed":       "[",
	"fastlearn/data.Loaders.Channels":              "3",
	"fastlearn/data.ItemLoader.Files closed":       "[",
	"fastlearn/data.ItemLoader.Len closed":         "1",
	"fastlearn/data.ItemLoader.NumItems closed":    "3",
	"fastlearn/predictor.Predictor.Vocab closed":   "[a b]",
	"torch/checkpoint.File.Value closed":           "0x", // names and shapes stay
	"torch/pth.File.Value closed":                  "0x",
	"fastlearn.Interpretation.Class":               "0", // the number itself, without a vocabulary
	"fastlearn.Interpretation.Report":              "    ",
	"fastlearn.Learner.Callbacks closed":           "[",
	"fastlearn.Learner.WorldSize":                  "1",
	"fastlearn/summary.Summary.String zero":        ", input",
	"fastlearn/summary.Summary.Sums zero":          "parameters        0",
	"fastlearn/summary.Summary.Table zero":         "[layer",
	"fastlearn.ParamScheduler.Identity":            "ParamScheduler",
	"fastlearn.ParamScheduler.Order":               "60",
	"fastlearn/predictor.Predictor.PredictAll":     "[{Prediction:", // an error for each picture
	"fastlearn.Preds.Accuracy":                     "NaN",
	"fastlearn.Recorder.Identity":                  "Recorder",
	"fastlearn.Recorder.Order":                     "50",
	"fastlearn.Loop.LossValue":                     "NaN",
	"fastlearn.Recorder.SmoothLoss":                "NaN",
	"fastlearn/dashboard.Board.Order":              "76",
	"torch/nn.BatchNorm.IsNorm":                    "true",
	"torch/nn.InstanceNorm.IsNorm":                 "true",
	"torch/nn.LayerNorm.IsNorm":                    "true",
	"torch/optim.GradScaler.Scale nil":             "NaN",
	"torch/optim.GradScaler.Scale closed":          "65536",
	"torch/optim.GradScaler.ToPTH":                 "&{Kind:0",
	"torch/pth.Object.String zero":                 "<.>",
	"torch/pth.Tensor.Contiguous zero":             "true",
	"torch/pth.Tensor.Len zero":                    "1", // of no dimensions
	"torch/pth.Tensor.Limit":                       "9223372036854775807",
	"torch/pth.Tensor.NBytes zero":                 "1",
	"torch/safetensors.File.StateDict closed":      "&{Kind:1",
	"vision.Image.ToGo zero":                       "&{Pix:[]",
}

// panics lists the methods without an error that are documented to panic, with what.
var panics = map[string]string{
	"torch/pth.Dict.Set":         "pth: Set on a nil Dict",
	"torch/pth.Dict.SetMetadata": "pth: SetMetadata on a nil Dict",
}

// sensible are arguments of types for which a zero of their kind won't do.
var sensible = map[reflect.Type]func() reflect.Value{
	errorType:                          func() reflect.Value { return reflect.ValueOf(errors.New("x")) },
	contextType:                        func() reflect.Value { return reflect.ValueOf(context.Background()) },
	tensorType:                         func() reflect.Value { return reflect.ValueOf(scope.Ones(2, 2)) },
	scopeType:                          func() reflect.Value { return reflect.ValueOf(scope) },
	reflect.TypeFor[nn.Module]():       func() reflect.Value { return reflect.ValueOf(nn.NewLinear(2, 2)) },
	reflect.TypeFor[io.Writer]():       func() reflect.Value { return reflect.ValueOf(&bytes.Buffer{}) },
	reflect.TypeFor[image.Image]():     func() reflect.Value { return reflect.ValueOf(image.NewRGBA(image.Rect(0, 0, 2, 2))) },
	reflect.TypeFor[nn.Named]():        func() reflect.Value { return reflect.ValueOf(nn.Named{Name: "x", Tensor: scope.Ones(2, 2)}) },
	reflect.TypeFor[map[string]bool](): func() reflect.Value { return reflect.ValueOf(map[string]bool{"x": true}) },
}

var scope = torch.NewScope()

// makers make receivers in use, or closed ones.
var makers = map[reflect.Type]func(t *testing.T, closed bool) any{
	reflect.TypeFor[*fastlearn.Learner](): func(t *testing.T, closed bool) any { return learner(t, closed) },
	reflect.TypeFor[*data.Loaders]():      func(t *testing.T, closed bool) any { return loaders(t, closed) },
	reflect.TypeFor[*torch.Scope](): func(t *testing.T, closed bool) any {
		s := torch.NewScope()
		return ending(closed, s, s.Close)
	},
	tensorType: func(t *testing.T, closed bool) any {
		x := scope.Ones(2, 2)
		return ending(closed, x, x.Close)
	},
	reflect.TypeFor[*safetensors.File](): func(t *testing.T, closed bool) any { return file(t, closed, "x.safetensors", safetensors.Open) },
	reflect.TypeFor[*pth.File]():         func(t *testing.T, closed bool) any { return file(t, closed, "x.pth", opened(pth.Open)) },
	reflect.TypeFor[*checkpoint.File]():  func(t *testing.T, closed bool) any { return file(t, closed, "x.pth", opened(checkpoint.Open)) },
	reflect.TypeFor[*tensorboard.Writer](): func(t *testing.T, closed bool) any {
		w := must(tensorboard.NewWriter(t.TempDir()))(t)
		return ending(closed, w, func() { w.Close() })
	},
	reflect.TypeFor[*optim.Optimizer](): func(t *testing.T, closed bool) any {
		o := optim.New(optim.Adam{}, nn.Parameters(nn.NewLinear(2, 2)))
		return ending(closed, o, o.Close)
	},
	reflect.TypeFor[*optim.GradScaler](): func(*testing.T, bool) any { return optim.NewGradScaler() },
	reflect.TypeFor[*data.ItemLoader](): func(t *testing.T, closed bool) any {
		dl := pictures(t).Train.(*data.ItemLoader)
		return ending(closed, dl, func() { dl.Close() })
	},
	reflect.TypeFor[*fastlearn.Interpretation](): func(t *testing.T, _ bool) any {
		return must(pictureLearner(t).Interpret(t.Context(), nil))(t)
	},
	reflect.TypeFor[*predictor.Predictor](): func(t *testing.T, closed bool) any {
		path := must(pictureLearner(t).Export(filepath.Join(t.TempDir(), "x")))(t)
		p := must(predictor.Load(path))(t)
		return ending(closed, p, func() { p.Close() })
	},
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func opened[F any](open func(string, ...pth.Option) (F, error)) func(string) (F, error) {
	return func(path string) (F, error) { return open(path) }
}

// file opens the weights of a small module.
func file[F io.Closer](t *testing.T, closed bool, name string, open func(string) (F, error)) F {
	path := filepath.Join(t.TempDir(), name)
	if err := checkpoint.WriteFile(path, must(nn.ToPTH(nn.NewLinear(2, 2)))(t)); err != nil {
		t.Fatal(err)
	}
	f := must(open(path))(t)
	return ending(closed, f, func() { f.Close() })
}

// pictures are loaders of four pictures.
func pictures(t *testing.T) *data.Loaders {
	dir, files := t.TempDir(), []string{}
	for i := range 4 {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 4, 4))); err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, fmt.Sprint(i, ".png")))
		if err := os.WriteFile(files[i], b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	block := data.Block[string]{
		GetY: func(path string) (string, error) {
			return map[bool]string{true: "a", false: "b"}[filepath.Base(path) < "2"], nil
		},
		Splitter: data.RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.Resize(4)),
	}
	return must(block.DataLoaders(files, data.BatchSize(2)))(t)
}

func pictureLearner(t *testing.T) *fastlearn.Learner {
	model := nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(3, 2))
	return must(fastlearn.NewLearner(pictures(t), model, fastlearn.Logger(nil), fastlearn.Path(t.TempDir())))(t)
}

func ending[T any](closed bool, v T, end func()) T {
	if closed {
		end()
	}
	return v
}

func loaders(t *testing.T, closed bool) *data.Loaders {
	x, y := scope.Ones(4, 2), scope.Ones(4, 2)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 2}, &data.TensorLoader{X: x, Y: y, BatchSize: 2}, torch.CPU)
	return ending(closed, dls, func() { dls.Close() })
}

func learner(t *testing.T, closed bool) *fastlearn.Learner {
	l, err := fastlearn.NewLearner(loaders(t, false), nn.NewLinear(2, 2), fastlearn.LossFunc(loss.MSE{}), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	return ending(closed, l, func() { l.Close() })
}
