package fastlearn_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// line1 is y = wx + b with w 0.5 and b 0.25, trained towards 1.
func line1(t *testing.T, xs []float32, m *fastlearn.MixedPrecision) *fastlearn.Learner {
	t.Helper()
	x := torch.FromSlice(nil, xs, int64(len(xs)), 1)
	y := torch.FromSlice(nil, slices.Repeat([]float32{1}, len(xs)), int64(len(xs)), 1)
	model := nn.NewLinear(1, 1)
	torch.NoGrad(func() { model.Weight.Fill_(0.5); model.Bias.Fill_(0.25) })
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 1}, &data.TensorLoader{X: y, Y: y, BatchSize: 1}, torch.DefaultDevice())
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.SGD{}), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	learn.SetPrecision(m)
	t.Cleanup(func() { learn.Close(); x.Close(); y.Close() })
	return learn
}

// watch notes the weights and the scale after each step.
type watch struct {
	weights [][]float64
	scales  []float64
}

func (*watch) Order() int { return 20 }
func (*watch) TrainOnly() {}

func (w *watch) AfterBatch(l *fastlearn.Learner) error {
	m := l.Model.(*nn.Linear)
	w.weights = append(w.weights, []float64{m.Weight.Item(), m.Bias.Item()})
	w.scales = append(w.scales, l.Scaler().Scale())
	return nil
}

// told is a callback that is told of each step that is left out.
type told struct{ times int }

func (c *told) AfterCancelStep(*fastlearn.Learner) error { c.times++; return nil }

// The loss's scale, the steps that are left out, the weights and Adam's count of steps are those of PyTorch's
// GradScaler, whether somebody looks at it after each step, is told at once or looks at the end, and its state can be saved and loaded.
func TestGradScalerEqualsPyTorch(t *testing.T) {
	xs := []float32{1, 0.5, -1, float32(math.MaxFloat32), 2, 1, 1, 0.1, 1e30, -0.3}
	for name, rule := range parity.Sorted(map[string]optim.Rule{"SGD": optim.SGD{}, "Adam": optim.Adam{}, "RMSProp": optim.RMSProp{}}) {
		var want struct {
			Weights       [][]float64
			Scales, Steps []float64
			State         map[string]float64
		}
		parity.Python(t, "scaler.py", map[string]any{"xs": xs, "scale": 1024, "interval": 3, "rule": name}, &want)
		for looks, cbs := range parity.Sorted(map[string][]fastlearn.Callback{"each step": {&watch{}}, "told": {&told{}}, "at the end": nil}) {
			t.Run(name+", "+looks, func(t *testing.T) {
				scaler := optim.NewGradScaler()
				scaler.InitScale, scaler.GrowthInterval = 1024, 3
				learn := line1(t, xs, fastlearn.NewMixedPrecision(torch.Float32, scaler))
				learn.SetRule(rule)
				if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(cbs...)); err != nil {
					t.Fatal(err)
				}
				for _, cb := range cbs {
					if w, ok := cb.(*watch); ok {
						parity.Close(t, "scales", w.scales, want.Scales, 0)
						for i := range want.Weights {
							parity.Close(t, "weights", w.weights[i], want.Weights[i], 2e-6)
						}
					}
					if c, ok := cb.(*told); ok && c.times != 2 {
						t.Errorf("it was told of %d steps, want 2", c.times)
					}
				}
				parity.Close(t, "weights at the end", fixture.WeightsOf(learn), want.Weights[len(xs)-1], 2e-6)
				if n := learn.Opt.Params()[0].State["step"]; n != nil {
					parity.Close(t, "steps", []float64{n.Item()}, want.Steps[:1], 0)
				}
				if scaler.Skipped() != 2 {
					t.Errorf("%d steps were left out, want 2", scaler.Skipped())
				}
				state := scaler.ToPTH()
				for key, v := range want.State {
					got, _ := state.Get(key)
					if n, ok := pth.Float(got); !ok || n != v {
						t.Errorf("%s is %v, want %v", key, got, v)
					}
				}
				if _, err := learn.Save("scaled"); err != nil {
					t.Fatal(err)
				}
				again := line1(t, xs, fastlearn.NewMixedPrecision(torch.Float32, optim.NewGradScaler()))
				again.SetRule(rule)
				again.Path = learn.Path
				if err := again.Load("scaled"); err != nil {
					t.Fatal(err)
				}
				if got := again.Scaler(); got.Scale() != scaler.Scale() || got.GrowthInterval != 3 {
					t.Errorf("loaded %+v, want %+v", got, scaler)
				}
			})
		}
	}
}

// addsLoss adds a parameter that isn't the model's to the loss, as a loss with its own parameters does.
type addsLoss struct{ p *torch.Tensor }

func (a addsLoss) AfterLoss(l *fastlearn.Learner) error {
	if !l.Training {
		return nil
	}
	return torch.Try(func() { l.LossGrad = l.LossGrad.Add(a.p.Sum().MoveTo(l.LossGrad.Scope())) })
}

// The gradients of all that the optimizer steps are unscaled, and so are those of a parameter outside of the model.
func TestTheScalerUnscalesWhatIsStepped(t *testing.T) {
	xs := []float32{1, 2, 3}
	s := torch.NewScope()
	defer s.Close()
	own := s.With(torch.Float32, torch.DefaultDevice()).Ones(1).RequiresGrad_(true)
	learn := line1(t, xs, fastlearn.NewMixedPrecision(torch.Float32, optim.NewGradScaler()))
	learn.SetSplitter(func(m nn.Module) [][]*torch.Tensor { return [][]*torch.Tensor{append(nn.Parameters(m), own)} })
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.125), fastlearn.Callbacks(addsLoss{own})); err != nil {
		t.Fatal(err)
	}
	if got := own.Detach().Item(); got != 1-3*0.125 {
		t.Errorf("it is %v after three steps, want %v", got, 1-3*0.125)
	}
}

// A file whose scaler lacks a number changes nothing, not even the optimizer.
func TestABrokenScalerChangesNothing(t *testing.T) {
	learn := line1(t, []float32{1, 2, 3}, fastlearn.NewMixedPrecision(torch.Float32, optim.NewGradScaler()))
	if err := learn.Fit(context.Background(), 1, fastlearn.LR(0.5)); err != nil {
		t.Fatal(err)
	}
	path, err := learn.Save("scaled")
	if err != nil {
		t.Fatal(err)
	}
	f, err := pth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opt, _ := pth.Get[*pth.Dict](f.Value().(*pth.Dict), "opt")
	opt.Set("scaler", pth.NewDict())
	if err := pth.WriteFile(path, f.Value()); err != nil {
		t.Fatal(err)
	}
	learn.Opt.Groups[0].Hypers["lr"] = 7
	if err := learn.Load("scaled"); err == nil || !strings.Contains(err.Error(), "scaler") {
		t.Errorf("a scaler without numbers: %v", err)
	}
	if lr := learn.Opt.Groups[0].Hypers["lr"]; lr != 7 {
		t.Errorf("the failed load changed the rate to %v", lr)
	}
}

// dtypes notes what a module is given.
type dtypes struct {
	nn.Base
	seen []torch.DType
}

func (d *dtypes) Forward(x *torch.Tensor) *torch.Tensor {
	d.seen = append(d.seen, x.DType())
	return x
}

// In bfloat16 layers compute in bfloat16, losses and weights stay in float32, and the line
// is learned all the same; ToFP32 ends it.
func TestToBF16(t *testing.T) {
	collector.Off(t)
	x := torch.FromSlice(nil, []float32{-1, -0.5, 0, 0.5, 1, 0.25, -0.25, 0.75}, 8, 1)
	y := torch.FromSlice(nil, []float32{1, 2, 3, 4, 5, 3.5, 2.5, 4.5}, 8, 1) // 2x + 3
	defer x.Close()
	defer y.Close()
	spy := &dtypes{}
	model := nn.NewSequential(nn.NewLinear(1, 1), spy)
	learn, err := fastlearn.NewLearner(data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 8}, torch.DefaultDevice()), model, fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.SGD{}), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	before := torch.LiveTensors()
	if err := learn.ToBF16().Fit(context.Background(), 60, fastlearn.LR(0.3)); err != nil {
		t.Fatal(err)
	}
	if spy.seen[0] != torch.BFloat16 {
		t.Errorf("the layer gave %v", spy.seen[0])
	}
	state := nn.StateDict(model)
	if w, b := state[0].Item(), state[1].Item(); math.Abs(w-2) > 0.05 || math.Abs(b-3) > 0.05 || state[0].DType() != torch.Float32 {
		t.Errorf("y = %.3fx + %.3f in %v", w, b, state[0].DType())
	}
	p, err := learn.GetPreds(t.Context(), nil)
	if err != nil || len(p.Probs) != 8 {
		t.Errorf("%d predictions, %v", len(p.Probs), err)
	}
	spy.seen = nil
	if err := learn.ToFP32().Fit(context.Background(), 1, fastlearn.LR(0)); err != nil || spy.seen[0] != torch.Float32 {
		t.Errorf("afterwards the layer gives %v, %v", spy.seen, err)
	}
	if live := torch.LiveTensors() - before; live > 2 { // the gradients' handles are none
		t.Errorf("%d tensors live", live)
	}
}

func TestToFP16OnACPUSaysSo(t *testing.T) {
	var said []string
	learn := fixture.Line(t, fastlearn.Logger(func(row []string) { said = append(said, row...) }))
	learn.DLs.Device = torch.CPU // wherever its weights are
	if learn.ToFP16(); learn.IsMixed() || len(said) != 1 || !strings.Contains(said[0], "stays in float32") {
		t.Errorf("it said %q", said)
	}
}

// On a CPU a vision learner has its channels last where its model has depthwise convolutions, which its summary tells, until it is told otherwise; predictions are
// the same, to rounding.
func TestDepthwiseIsChannelsLast(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	for name, depthwise := range parity.Sorted(map[string]bool{"torchvision/mobilenet_v3_small": true, "torchvision/shufflenet_v2_x0_5": true, "resnet18": false, "torchvision/regnet_x_400mf": false}) {
		for _, channels := range []int{1, 3} {
			t.Run(fmt.Sprint(name, channels), func(t *testing.T) {
				arch, err := models.Get(name)
				if err != nil {
					t.Fatal(err)
				}
				learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.FromScratch(), fastlearn.NIn(channels), fastlearn.Logger(nil))
				if err != nil {
					t.Fatal(err)
				}
				defer learn.Close()
				last := func() bool {
					return slices.ContainsFunc(nn.Parameters(learn.Model), func(p *torch.Tensor) bool { return p.Dim() == 4 && p.Size(2)*p.Size(3) > 1 && p.Strides()[1] == 1 })
				}
				depthwise := depthwise && !dls.Device.IsCUDA()
				if last() != depthwise {
					t.Errorf("channels last: %v", last())
				}
				if channels != 3 {
					return
				}
				if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
					t.Fatal(err)
				}
				if last() != depthwise {
					t.Error("training changed the layout")
				}
				s, err := learn.Summary(t.Context())
				if err != nil || s.ChannelsLast != depthwise || strings.Contains(s.String(), "channels last") != depthwise {
					t.Errorf("%v: %v", err, s)
				}
				want := firstProbs(t, learn)
				if learn.ToContiguous(); last() {
					t.Error("it can't be undone")
				}
				parity.Close(t, "in row-major order", firstProbs(t, learn), want, parity.Rounding(parity.Float32, 9*1024, 1))
			})
		}
	}
}

// firstProbs are the probabilities of the first picture of the validation set.
func firstProbs(t *testing.T, learn *fastlearn.Learner) []float64 {
	t.Helper()
	p, err := learn.GetPreds(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probs[0]
}

// A ResNet with its channels last, in bfloat16, trains and predicts as before, to rounding.
func TestChannelsLast(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	want := firstProbs(t, learn)
	parity.Close(t, "channels last", func() []float64 { learn.ToChannelsLast(); return firstProbs(t, learn) }(), want, parity.Rounding(parity.Float32, 9*512, 1))
	parity.Close(t, "bfloat16", func() []float64 { learn.ToBF16(); return firstProbs(t, learn) }(), want, 0.05)
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if !nn.Parameters(learn.Model)[0].IsContiguous(torch.ChannelsLast) {
		t.Error("training changed the layout")
	}
}
