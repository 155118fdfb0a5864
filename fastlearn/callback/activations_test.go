package callback_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

func sines(s *torch.Scope, scale float64, shape ...int64) *torch.Tensor {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	all := make([]float64, n)
	for i := range all {
		all[i] = math.Sin(float64(i)) * scale
	}
	return torch.FromSlice(s, all, shape...)
}

// sineLearner is the training of activations.py.
func sineLearner(t *testing.T, s *torch.Scope, cbs ...fastlearn.Callback) *fastlearn.Learner {
	t.Helper()
	m := nn.NewSequential(nn.NewLinear(3, 50), &nn.ReLU{}, nn.NewLinear(50, 1))
	nn.To(m, torch.Float64)
	torch.NoGrad(func() {
		for _, p := range nn.Parameters(m) {
			p.Copy_(sines(s, 4, p.Shape()...))
		}
	})
	x, y := sines(s, 1, 30, 3), sines(s, 1, 30, 1)
	part := func(from, n int64) *data.TensorLoader {
		return &data.TensorLoader{X: x.Narrow(0, from, n), Y: y.Narrow(0, from, n), BatchSize: 4}
	}
	learn, err := fastlearn.NewLearner(data.NewLoaders(part(0, 22), part(22, 8), torch.CPU), m, fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.SGD{}),
		fastlearn.Path(t.TempDir()), fastlearn.Logger(nil), fastlearn.Callbacks(cbs...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = learn.Close() })
	return learn
}

// The numbers of each layer and batch are fastai's, of the last fit alone, of every batch and of every third, with layers that
// have no parameters and without.
func TestActivationStatsEqualFastais(t *testing.T) {
	type layer struct {
		Mean, Std []float64
		NearZero  []float64 `json:"near_zero"`
		Hist      [][]float64
	}
	var want [][]layer
	parity.Python(t, "activations.py", []map[string]any{{"every": nil}, {"every": 3, "include_paramless": true}}, &want)
	for i, stats := range []callback.Activations{callback.ActivationStats(callback.WithHist()), callback.ActivationStats(callback.WithHist(), callback.Every(3), callback.IncludeParamless())} {
		s := torch.NewScope()
		defer s.Close()
		learn := sineLearner(t, s, stats)
		for _, epochs := range []int{1, 2} {
			if err := learn.Fit(t.Context(), epochs, fastlearn.LR(1e-3)); err != nil {
				t.Fatal(err)
			}
		}
		got := stats.Layers()
		if len(got) != len(want[i]) {
			t.Fatalf("%d layers, want %d", len(got), len(want[i]))
		}
		for k, w := range want[i] {
			g := got[k]
			parity.Close(t, g.Name+" mean", g.Mean, w.Mean, 1e-6)
			parity.Close(t, g.Name+" std", g.Std, w.Std, 1e-6)
			parity.Close(t, g.Name+" near zero", g.NearZero, w.NearZero, 1e-12)
			if len(g.Hist) != len(w.Hist) {
				t.Fatalf("%d histograms, want %d", len(g.Hist), len(w.Hist))
			}
			for b, h := range g.Hist {
				for j := range h {
					h[j] = math.Log1p(h[j])
				}
				parity.Close(t, g.Name+" histogram", h, w.Hist[b], 1e-6)
			}
		}
		if _, ok := stats.Layer("2"); !ok {
			t.Error("the last layer has no name")
		}
	}
}

// Only the modules that are asked for are kept; a setting that can't be is an error; nothing stays on the model after a
// fit that fails.
func TestActivationStatsModules(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	learn := sineLearner(t, s)
	relu := nn.Children(learn.Model)[1].Module
	stats := callback.ActivationStats(callback.Modules(relu))
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3), fastlearn.Callbacks(stats)); err != nil {
		t.Fatal(err)
	}
	if all := stats.Layers(); len(all) != 1 || all[0].Name != "1" || len(all[0].Mean) != 6 || all[0].Hist != nil {
		t.Errorf("%v", all)
	}
	for want, bad := range parity.Sorted(map[string]callback.Activations{
		"Every(-1)":                callback.ActivationStats(callback.Every(-1)),
		"has none of the Modules,": callback.ActivationStats(callback.Modules(&nn.ReLU{})),
		"option":                   callback.ActivationStats(nil),
	}) {
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3), fastlearn.Callbacks(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
