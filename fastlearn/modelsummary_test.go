package fastlearn_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/summary"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

type pythonSummary struct {
	Layers []struct {
		Name                          string
		Output                        []int64
		Params, Trainable, MACs, Runs int64
	}
	Params, MACs, At224 int64
	Fastai              []int64 // all, trainable, not trainable
}

func (want pythonSummary) same(t *testing.T, got *summary.Summary) {
	t.Helper()
	if got.Params != want.Params || got.MACs != want.MACs {
		t.Errorf("%d parameters and %d multiply-adds, want %d and %d", got.Params, got.MACs, want.Params, want.MACs)
	}
	ours := map[string]summary.Layer{}
	for _, l := range got.Layers {
		ours[l.Name] = l
	}
	if len(ours) != len(want.Layers) {
		t.Errorf("%d layers, want %d", len(ours), len(want.Layers))
	}
	for _, w := range want.Layers {
		g := ours[w.Name]
		if !slices.Equal(g.Output, w.Output) || g.Params != w.Params || g.Trainable != w.Trainable || g.MACs != w.MACs || int64(g.Runs) != w.Runs {
			t.Errorf("%s: %+v, want %+v", w.Name, g, w)
		}
	}
}

// Every layer's shape, parameters, multiply-adds and runs are those that hooks and
// flop_counter see in torchvision's models and in fastai's learners; the sums are those
// that fastai prints.
func TestSummariesEqualPythons(t *testing.T) {
	var want map[string]pythonSummary
	parity.Python(t, "summary.py", nil, &want)
	s := torch.NewScope()
	defer s.Close()
	for name, build := range parity.Sorted(map[string]func(int64) *models.ResNet{"resnet18": models.ResNet18, "resnet34": models.ResNet34, "resnet50": models.ResNet50}) {
		m := build(1000)
		got, err := summary.Of(m, s.Zeros(2, 3, 64, 64))
		if err != nil {
			t.Fatal(err)
		}
		want[name].same(t, got)
		if got, err = summary.Of(m, s.Zeros(1, 3, 224, 224)); err != nil || got.MACs != want[name].At224 {
			t.Errorf("%s at 224: %d multiply-adds, want %d; %v", name, got.MACs, want[name].At224, err)
		}
		nn.Close(m)
	}
	for name, arch := range parity.Sorted(map[string]vision.Arch{"vision18": vision.ResNet18, "vision34": vision.ResNet34, "unfrozen": vision.ResNet18}) {
		learn := untrained(t, arch, 64)
		freeze := learn.Freeze
		if name == "unfrozen" {
			freeze = learn.Unfreeze
		}
		if err := freeze(); err != nil {
			t.Fatal(err)
		}
		got, err := learn.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want[name].same(t, got)
		if sums := []int64{got.Params, got.Trainable, got.Params - got.Trainable}; !slices.Equal(sums, want[name].Fastai) {
			t.Errorf("%s: sums %v, fastai prints %v", name, sums, want[name].Fastai)
		}
	}
}

// untrained is a vision learner without pretrained weights, of pictures that are drawn.
func untrained(t *testing.T, arch vision.Arch, size int, x ...data.ImageBlock) *fastlearn.Learner {
	t.Helper()
	block := fixture.ColourBlock()
	for _, b := range x {
		block.X = b
	}
	block.BatchTfms = vision.AugTransforms(vision.Size(size))
	dls, err := block.DataLoaders(fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy()), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(learn.Close(), dls.Close()); err != nil {
			t.Error(err)
		}
	})
	return learn
}

// A summary leaves everything as it was, to the bit, and no tensor behind: in the midst of
// a training, and where it fails.
func TestSummaryTouchesNothing(t *testing.T) {
	collector.Off(t)
	learn := untrained(t, vision.ResNet18, 12)
	if err := learn.FineTune(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	nn.TrainAlone(nn.Children(learn.Model)[0].Module)           // modes of all kinds
	want, live := stateOfLearner(t, learn), torch.LiveTensors() // state leaves its casts behind
	if _, err := learn.Summary(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := learn.Summary(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s := torch.NewScope()
	defer s.Close()
	for what, x := range parity.Sorted(map[string]*torch.Tensor{"channels": s.Zeros(1, 5, 12, 12), "no item": s.Zeros(0, 3, 12, 12), "a number": s.Zeros(), "nothing": nil}) {
		if _, err := summary.Of(learn.Model, x); err == nil || !strings.HasPrefix(err.Error(), "summary: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.Close()
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	sameState(t, stateOfLearner(t, learn), want)
	summary := fixture.AfterBatch(func() {
		if _, err := learn.Summary(t.Context()); err != nil {
			t.Error(err)
		}
	})
	with, without := weightsAfterAFit(t, learn, summary), weightsAfterAFit(t, learn)
	if !slices.Equal(with, without) {
		t.Error("summaries between its batches change a training")
	}
}

// weightsAfterAFit trains from the weights and the seed that there are and puts both back.
func weightsAfterAFit(t *testing.T, l *fastlearn.Learner, cbs ...fastlearn.Callback) []float64 {
	t.Helper()
	restore, free, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if err := l.Fit(t.Context(), 2, fastlearn.LR(1e-3), fastlearn.Callbacks(cbs...)); err != nil {
		t.Fatal(err)
	}
	w := fixture.WeightsOf(l)
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	return w
}

// gate is a custom module that computes by itself, with a statistic of its own that
// evaluation changes too, and in place on its input.
type gate struct {
	nn.Base
	weight, seen *torch.Tensor
}

func newGate() *gate {
	g := &gate{}
	var own *torch.Scope
	g.weight = g.RegisterParameter("weight", own.Ones(4, 4))
	g.seen = g.RegisterBuffer("seen", own.Zeros(1))
	return g
}

func (g *gate) Forward(x *torch.Tensor) *torch.Tensor {
	g.seen.AddScalar_(1)
	return x.AddScalar_(1).MatMul(g.weight.Transpose(0, 1))
}

// twins runs one encoder over both halves of its input, and an activation without going
// through Call.
type twins struct {
	nn.Base
	encoder *nn.Sequential
	gate    *gate
	relu    *nn.ReLU
}

func newTwins() *twins {
	w := &twins{encoder: nn.NewSequential(nn.NewConv2d(1, 4, 3, nn.Groups(1)), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}), gate: newGate(), relu: &nn.ReLU{}}
	w.Register("encoder", w.encoder)
	w.Register("gate", w.gate)
	w.Register("again", w.gate)
	w.Register("relu", w.relu)
	return w
}

func (w *twins) Forward(x *torch.Tensor) *torch.Tensor {
	a, b := nn.Call(w.encoder, x.Narrow(1, 0, 1)), nn.Call(w.encoder, x.Narrow(1, 1, 1))
	return w.relu.Forward(nn.Call(w.gate, a.Sub(b)))
}

// Custom modules, shared ones, several inputs stacked as channels: counted once where
// they are one, and as often as they run.
func TestSummaryOfOnesOwnModules(t *testing.T) {
	collector.Off(t)
	m := newTwins()
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	x := s.Zeros(3, 2, 8, 8)
	live := torch.LiveTensors()
	got, err := summary.Of(m, x)
	if err != nil {
		t.Fatal(err)
	}
	if n := torch.LiveTensors() - live; n != 1 { // the gate's transposed weight, which lives in no scope
		t.Errorf("%d tensors live", n)
	}
	if m.gate.seen.Item() != 0 || x.Max().Item() != 0 {
		t.Error("a buffer or the input is changed")
	}
	want := map[string]string{
		"encoder.0": "Conv2d [1 4 6 6] 40 40 2592 2", "encoder.1": "AdaptiveAvgPool2d [1 4 1 1] 0 0 0 2", "encoder.2": "Flatten [1 4] 0 0 0 2",
		"gate": "gate [1 4] 16 16 16 1", "relu": "ReLU [1 4] 0 0 0 1",
	}
	all := map[string]string{}
	for _, l := range got.Layers {
		all[l.Name] = fmt.Sprint(l.Type, " ", l.Output, l.Params, l.Trainable, l.MACs, l.Runs)
	}
	if !maps.Equal(all, want) {
		t.Errorf("got  %v\nwant %v", all, want)
	}
	if got.MACs != 2592+16 || got.Params != 56 {
		t.Errorf("%d multiply-adds, %d parameters", got.MACs, got.Params)
	}
}

// A model from Python runs in one piece: its parts have parameters and multiply-adds, and only the whole a shape.
func TestSummaryOfTorchScript(t *testing.T) {
	dir := t.TempDir()
	var made map[string]scripted
	parity.Python(t, "script.py", map[string]any{"dir": dir, "step": "make"}, &made)
	m, err := jit.Load(filepath.Join(dir, "script.pt"))
	if err != nil {
		t.Fatal(err)
	}
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	data, err := readState(s, filepath.Join(dir, "data.pth"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := summary.Of(m, data["x"])
	if err != nil {
		t.Fatal(err)
	}
	macs := map[string]int64{"body.0": 4 * 4 * 4 * 3 * 3 * 3, "head": 4 * 3} // the parts that own the weights have them
	if got.MACs != macs["body.0"]+macs["head"] || got.Params != 4*3*3*3+4+2*4+4*3+3 {
		t.Errorf("%+v\n%s", got, got)
	}
	for _, l := range got.Layers {
		if l.MACs != macs[l.Name] {
			t.Errorf("%s has %d multiply-adds, want %d", l.Name, l.MACs, macs[l.Name])
		}
		if l.Name != "" && l.Output != nil {
			t.Errorf("a part with a shape: %+v", l)
		}
	}
}

// Greyscale pictures go in as one channel.
func TestSummaryOfGreyscale(t *testing.T) {
	got, err := untrained(t, vision.ResNet18, 12, data.ImageBlock{Gray: true}).Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Input, []int64{1, 1, 12, 12}) || got.Layers[0].Params != 64*49 {
		t.Errorf("input %v, %+v", got.Input, got.Layers[0])
	}
}

// The table has a line for each layer, and says what it doesn't know.
func TestSummaryPrints(t *testing.T) {
	learn := untrained(t, vision.ResNet18, 12)
	got, err := learn.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := got.String()
	for _, want := range []string{"Sequential, input 1×3×12×12", "0.4.0.conv1", "1×64×6×6", "9,408", "parameters        11,704,896", "optimizer         Adam\n", "trainEval, Recorder"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.ContainsAny(line, "\x1b\t") || len([]rune(line)) > 100 {
			t.Errorf("line %q", line)
		}
	}
	elsewhere := &summary.Summary{Model: "Module", Input: []int64{1}, Layers: []summary.Layer{{Name: "fc", Type: "Part", Params: 3, Trainable: 1}}}
	if text := elsewhere.String(); !strings.Contains(text, "?") || !strings.Contains(text, "in part") {
		t.Error(text)
	}
	if _, err := elsewhere.WriteTo(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("a writer that fails: %v", err)
	}
}

// Rules are named as people chose them, and groups as they are counted.
func TestSummaryNamesTheOptimizer(t *testing.T) {
	adam, err := optim.With(optim.Adam{}, optim.Hypers{"eps": 1e-5})
	if err != nil {
		t.Fatal(err)
	}
	ranger, err := optim.With(optim.Ranger(), optim.Hypers{"eps": 1e-5})
	if err != nil {
		t.Fatal(err)
	}
	for want, rule := range parity.Sorted(map[string]optim.Rule{"Adam": adam, "Lookahead of RAdam": ranger, "SGD": optim.SGD{}, "Lamb": &optim.Lamb{}, "Lookahead": optim.Lookahead{}}) {
		if got := fastlearn.RuleName(rule); got != want {
			t.Errorf("%T: %s, want %s", rule, got, want)
		}
	}
	for frozen, want := range parity.Sorted(map[int]string{-1: "Adam\n", 0: "Adam, no group frozen\n", 1: "Adam, the first group frozen\n", 2: "Adam, the first 2 groups frozen\n"}) {
		if got := (&summary.Summary{Loss: "MSE", Optimizer: "Adam", Frozen: frozen}).Sums(); !strings.Contains(got, want) {
			t.Errorf("%d frozen: %q", frozen, got)
		}
	}
}

// Multiply-adds of what ResNets don't have: groups, dilations, sizes that strides don't divide, sequences.
func TestSummaryCountsOddLayers(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	for name, c := range parity.Sorted(map[string]struct {
		m    nn.Module
		x    []int64
		want int64
	}{
		"groups, stride, dilation": {nn.NewConv2d(4, 8, 3, nn.Groups(4), nn.Stride(2), nn.Padding(1), nn.Dilation(2)), []int64{2, 4, 16, 17}, 8 * 7 * 8 * 9},
		"depthwise, pointwise":     {nn.NewSequential(nn.NewConv2d(6, 6, 3, nn.Groups(6), nn.NoBias()), nn.NewConv2d(6, 10, 1)), []int64{1, 6, 9, 7}, 6*7*5*9 + 10*7*5*6},
		"N×T×C":                    {nn.NewLinear(5, 3), []int64{4, 9, 5}, 9 * 5 * 3},
		"no parameters":            {nn.NewSequential(&nn.ReLU{}, nn.NewSequential()), []int64{4, 9}, 0},
	}) {
		got, err := summary.Of(c.m, s.Zeros(c.x...))
		if err != nil || got.MACs != c.want {
			t.Errorf("%s: %+v, %v, want %d", name, got, err, c.want)
		}
		nn.Close(c.m)
	}
}

// Weights that predictions packed, with norms folded in, are still seen as what they are.
func TestSummaryAfterPredictions(t *testing.T) {
	learn := untrained(t, vision.ResNet18, 32)
	before, err := learn.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := learn.Predict(t.Context(), learn.DLs.Train.(*data.ItemLoader).Files()[0]); err != nil {
			t.Fatal(err)
		}
	}
	after, err := learn.Summary(t.Context())
	if err != nil || after.String() != before.String() {
		t.Errorf("%v\n%s", err, after)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
