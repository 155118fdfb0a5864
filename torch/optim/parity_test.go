package optim_test

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

type ruleCase struct {
	Name string         `json:"name"`
	Opt  string         `json:"opt"`
	Args map[string]any `json:"args"` // fastai's
	rule optim.Rule
}

func with(t *testing.T, r optim.Rule, h optim.Hypers) optim.Rule {
	t.Helper()
	r, err := optim.With(r, h)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ruleCases(t *testing.T) []ruleCase {
	type args = map[string]any
	wd := optim.Hypers{"wd": 0.1}
	l2 := args{"wd": 0.1, "decouple_wd": false}
	return []ruleCase{
		{"sgd", "SGD", args{}, optim.SGD{}},
		{"sgd-l2", "SGD", args{"mom": 0.9, "wd": 0.1, "decouple_wd": false}, with(t, optim.SGD{Momentum: 0.9, L2: true}, wd)},
		{"adam", "Adam", args{}, optim.Adam{}},
		{"adam-l2", "Adam", l2, with(t, optim.Adam{L2: true}, wd)},
		{"rmsprop", "RMSProp", args{}, optim.RMSProp{}},
		{"rmsprop-wd", "RMSProp", args{"mom": 0.9, "wd": 0.1}, with(t, optim.RMSProp{Momentum: 0.9}, wd)},
		{"rmsprop-l2", "RMSProp", l2, with(t, optim.RMSProp{L2: true}, wd)},
		{"radam", "RAdam", args{}, optim.RAdam{}},
		{"radam-wd", "RAdam", args{"wd": 0.1, "beta": 2}, with(t, optim.RAdam{}, optim.Hypers{"wd": 0.1, "beta": 2})},
		{"radam-l2", "RAdam", l2, with(t, optim.RAdam{L2: true}, wd)},
		{"qhadam", "QHAdam", args{}, optim.QHAdam{}},
		{"qhadam-wd", "QHAdam", args{"wd": 0.1, "nu_2": 0.8}, with(t, optim.QHAdam{}, optim.Hypers{"wd": 0.1, "nu_2": 0.8})},
		{"qhadam-l2", "QHAdam", l2, with(t, optim.QHAdam{L2: true}, wd)},
		{"lamb", "Lamb", args{}, optim.Lamb{}},
		{"lamb-wd", "Lamb", args{"wd": 0.1}, with(t, optim.Lamb{}, wd)},
		{"lamb-l2", "Lamb", l2, with(t, optim.Lamb{L2: true}, wd)},
		{"larc", "Larc", args{}, optim.Larc{}},
		{"larc-wd", "Larc", args{"wd": 0.1, "trust_coeff": 2}, with(t, optim.Larc{}, optim.Hypers{"wd": 0.1, "trust_coeff": 2})},
		{"lars", "Larc", args{"mom": 0, "wd": 0.1, "clip": false, "trust_coeff": 2},
			with(t, optim.Larc{NoMomentum: true, NoClip: true}, optim.Hypers{"wd": 0.1, "trust_coeff": 2})},
		{"larc-l2", "Larc", l2, with(t, optim.Larc{L2: true}, wd)},
		{"ranger", "Ranger", args{}, optim.Ranger()},
		{"ranger-wd", "Ranger", args{"wd": 0.1}, with(t, optim.Ranger(), wd)},
		{"lookahead-larc", "Larc", args{"wd": 0.1, "look": args{"k": 3, "alpha": 0.2}}, optim.Lookahead{Rule: with(t, optim.Larc{}, wd), K: 3, Alpha: 0.2}},
	}
}

// Twenty steps of each optimizer in float64 are fastai's within 1e-9, with rates and momenta that change, a parameter that never gets a
// gradient, one that gets them later than the others, and some that are not decayed. Its defaults are fastai's. A state
// that fastai saved goes on here, and one that was saved here goes on there.
func TestStepsEqualFastai(t *testing.T) {
	collector.Off(t)
	dir := t.TempDir()
	cases := ruleCases(t)
	type traced struct {
		Defaults map[string]float64
		Trace    [][]float64
	}
	var want, resumed []traced
	parity.Python(t, "optimizers.py", map[string]any{"dir": dir, "cases": cases}, &want)
	for i, c := range cases {
		defaults := map[string]float64(c.rule.Defaults())
		if !maps.Equal(defaults, want[i].Defaults) {
			t.Errorf("%s: defaults %v, fastai's %v", c.Name, defaults, want[i].Defaults)
		}
		live := torch.LiveTensors()
		m := newToy(t, dir, c.rule)
		m.steps(t, c.Name, 0, 10, want[i].Trace)
		m.save(t, filepath.Join(dir, c.Name+".go.pth"))
		m.steps(t, c.Name, 10, 20, want[i].Trace)
		m.close()
		m = newToy(t, dir, c.rule)
		m.load(t, filepath.Join(dir, c.Name+".py.pth"))
		m.steps(t, c.Name+" from fastai's file", 10, 20, want[i].Trace)
		m.close()
		if n := torch.LiveTensors() - live; n != 0 {
			t.Errorf("%s: %d tensors live", c.Name, n)
		}
	}
	parity.Python(t, "optimizers.py", map[string]any{"dir": dir, "cases": cases, "resume": true}, &resumed)
	for i, c := range cases {
		for k, got := range resumed[i].Trace {
			parity.Relative(t, c.Name+" in fastai from our file", got, want[i].Trace[10+k], 1e-9)
		}
	}
}

// toy is the parameters of optimizers.py and their gradients.
type toy struct {
	scope  *torch.Scope
	params []*torch.Tensor
	grads  []*torch.Tensor // 20 for each parameter
	opt    *optim.Optimizer
}

func newToy(t *testing.T, dir string, rule optim.Rule) *toy {
	t.Helper()
	m := &toy{scope: torch.NewScope()}
	f, err := pth.Open(filepath.Join(dir, "data.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m.params = readList(t, m.scope, f, "start")
	m.grads = readList(t, m.scope, f, "grads")
	for _, p := range m.params {
		p.Keep().RequiresGrad_(true)
	}
	m.opt = optim.New(rule, m.params[:3], m.params[3:])
	for _, g := range m.opt.Groups {
		g.Params[1].NoDecay = true
	}
	return m
}

func readList(t *testing.T, s *torch.Scope, f *pth.File, key string) []*torch.Tensor {
	t.Helper()
	list, _ := pth.Get[*pth.List](f.Value().(*pth.Dict), key)
	var out []*torch.Tensor
	for _, v := range list.Items {
		x, err := torch.FromPTH(s, f, v.(*pth.Tensor))
		if err != nil {
			t.Fatal(err)
		}
		copied := x.Clone()
		x.Close()
		out = append(out, copied)
	}
	return out
}

func (m *toy) steps(t *testing.T, name string, first, last int, want [][]float64) {
	t.Helper()
	for i := first; i < last; i++ {
		set := func(name string, values ...float64) {
			if err := m.opt.Set(name, values...); err != nil {
				t.Fatal(err)
			}
		}
		set("lr", 0.01*float64(1+i%5), 0.02*float64(1+i%3))
		set("mom", 0.95-0.02*float64(i%7))
		for k, p := range m.params {
			p.SetGrad(nil)
			if k == 2 || k == 5 && i < 6 {
				continue
			}
			g := m.grads[k].Select(0, int64(i))
			own := g.Clone()
			p.SetGrad(own)
			own.Close()
			g.Close()
		}
		m.opt.Step()
		var got []float64
		for _, p := range m.params {
			got = append(got, torch.ToSlice[float64](p)...)
		}
		parity.Relative(t, name, got, want[i], 1e-9)
	}
}

func (m *toy) save(t *testing.T, path string) {
	t.Helper()
	params, opt, d := pth.NewList(), (*pth.Dict)(nil), pth.NewDict()
	for _, p := range m.params {
		v, err := torch.ToPTH(p)
		if err != nil {
			t.Fatal(err)
		}
		params.Items = append(params.Items, v)
	}
	opt, err := m.opt.ToPTH()
	if err != nil {
		t.Fatal(err)
	}
	d.Set("params", params)
	d.Set("opt", opt)
	if err := pth.WriteFile(path, d, pth.NoSync()); err != nil {
		t.Fatal(err)
	}
}

func (m *toy) load(t *testing.T, path string) {
	t.Helper()
	f, err := pth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	torch.NoGrad(func() {
		for i, x := range readList(t, m.scope, f, "params") {
			m.params[i].Copy_(x)
		}
	})
	opt, _ := pth.Get[*pth.Dict](f.Value().(*pth.Dict), "opt")
	if err := m.opt.LoadPTH(f, opt); err != nil {
		t.Fatal(err)
	}
}

func (m *toy) close() {
	m.opt.Close()
	for _, p := range m.params {
		p.Close()
	}
	m.scope.Close()
}
