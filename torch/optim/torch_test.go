package optim_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// What torch.optim saved goes on here: the next steps in float64 are PyTorch's within 1e-9; and there from what was saved here.
func TestTorchOptimizersGoOn(t *testing.T) {
	collector.Off(t)
	dir := t.TempDir()
	var want, resumed map[string][][]float64
	parity.Python(t, "torch_optim.py", map[string]any{"dir": dir}, &want)
	if len(want) < 20 {
		t.Fatalf("%d cases", len(want))
	}
	for name, trace := range parity.Sorted(want) {
		live := torch.LiveTensors()
		goOnFromTorch(t, dir, name, trace)
		if n := torch.LiveTensors() - live; n != 0 {
			t.Errorf("%s: %d tensors live", name, n)
		}
	}
	parity.Python(t, "torch_optim.py", map[string]any{"dir": dir, "resume": true}, &resumed)
	for name, trace := range parity.Sorted(resumed) {
		for k, got := range trace {
			parity.Relative(t, name+" in PyTorch from our file", got, want[name][1+k], 1e-9)
		}
	}
}

func goOnFromTorch(t *testing.T, dir, name string, want [][]float64) {
	t.Helper()
	s := torch.NewScope()
	defer s.Close()
	f, err := pth.Open(filepath.Join(dir, name+".pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	root := f.Value().(*pth.Dict)
	params := readList(t, s, f, "weights")
	for _, p := range params {
		p.RequiresGrad_(true)
	}
	state, _ := pth.Get[*pth.Dict](root, "opt")
	opt, err := optim.FromTorch(f, state, params)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer opt.Close()
	grads, _ := pth.Get[*pth.List](root, "grads")
	for k, v := range grads.Items {
		for j, g := range v.(*pth.List).Items {
			if j == 1 && k == 0 {
				continue
			}
			x, err := torch.FromPTH(s, f, g.(*pth.Tensor))
			if err != nil {
				t.Fatal(err)
			}
			params[j].SetGrad(x.Clone())
		}
		opt.Step()
		var got []float64
		for _, p := range params {
			got = append(got, torch.ToSlice[float64](p.Detach().Reshape(-1))...)
		}
		parity.Relative(t, name, got, want[k], 1e-9)
		if k == 0 {
			writeTorch(t, opt, params, filepath.Join(dir, name+".go.pth"))
		}
	}
}

func writeTorch(t *testing.T, opt *optim.Optimizer, params []*torch.Tensor, path string) {
	t.Helper()
	state, err := opt.ToTorch()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	weights := pth.NewList()
	for _, p := range params {
		w, err := torch.ToPTH(p.Detach())
		if err != nil {
			t.Fatal(err)
		}
		weights.Items = append(weights.Items, w)
	}
	out := pth.NewDict()
	out.Set("opt", state)
	out.Set("weights", weights)
	defer out.Release()
	if err := pth.WriteFile(path, out); err != nil {
		t.Fatal(err)
	}
}

// What isn't one of the four is refused by name, and so is what torch.optim doesn't do.
func TestTorchOptimizersThatArentRead(t *testing.T) {
	dir := t.TempDir()
	var ignored map[string][][]float64
	parity.Python(t, "torch_optim.py", map[string]any{"dir": dir}, &ignored)
	s := torch.NewScope()
	defer s.Close()
	param := func() *torch.Tensor { return s.Ones(2).RequiresGrad_(true) }
	for name, word := range parity.Sorted(map[string]string{
		"Adagrad": "lr_decay", "NAdam": "momentum_decay", "Adamax": "none of Adam", "RAdam": "none of Adam", "old": "decoupled_weight_decay", "SGD": "of 4 parameters",
	}) {
		f, err := pth.Open(filepath.Join(dir, name+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		state, _ := pth.Get[*pth.Dict](f.Value().(*pth.Dict), "opt")
		if _, err := optim.FromTorch(f, state, []*torch.Tensor{param()}); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: want %q in the error: %v", name, word, err)
		}
		if err := optim.New(optim.Adam{}, []*torch.Tensor{param()}).LoadPTH(f, state); err == nil || !strings.Contains(err.Error(), "FromTorch") {
			t.Errorf("%s: LoadPTH: %v", name, err)
		}
	}
	for _, c := range []struct {
		rule optim.Rule
		wd   float64
		want string // "" for one that is written
	}{
		{optim.Adam{}, 0.1, ""}, {optim.Adam{L2: true}, 0.1, ""}, {optim.SGD{Momentum: 0.9}, 0, ""}, {optim.SGD{Momentum: 0.9, L2: true}, 0.1, ""}, {optim.RMSProp{}, 0, ""},
		{optim.SGD{}, 0.1, "decoupled"}, {optim.RMSProp{Momentum: 0.9}, 0, "quotients"}, {optim.Lamb{}, 0, "Lamb"},
	} {
		opt := optim.New(c.rule, []*torch.Tensor{param()})
		if err := opt.Set("wd", c.wd); err != nil {
			t.Fatal(err)
		}
		_, err := opt.ToTorch()
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q in the error: %v", optim.Describe(c.rule), c.want, err)
		}
	}
	opt := optim.New(optim.Adam{}, []*torch.Tensor{param()})
	opt.Groups[0].Params[0].NoDecay = true
	if _, err := opt.ToTorch(); err == nil || !strings.Contains(err.Error(), "isn't decayed") {
		t.Error(err)
	}
}
