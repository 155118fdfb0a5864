package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

func TestWithRefusesWhatHasNoEffect(t *testing.T) {
	for _, c := range []struct {
		rule   optim.Rule
		hypers optim.Hypers
		says   string
	}{
		{optim.Adam{}, optim.Hypers{"epsilon": 1e-6}, `no hyperparameter "epsilon": its own are [eps lr mom sqr_mom wd]`},
		{optim.Ranger(), optim.Hypers{"nu_1": 1}, "no hyperparameter"},
		{optim.Adam{}, optim.Hypers{"eps": math.NaN()}, "eps of Adam is NaN: want a number of 0 or more"},
		{optim.SGD{}, optim.Hypers{"mom": 0.9}, "keeps no average"},
		{optim.Lookahead{Rule: optim.RMSProp{}}, optim.Hypers{"mom": 0.9}, "keeps no average"},
	} {
		if _, err := optim.With(c.rule, c.hypers); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%T with %v: %v", c.rule, c.hypers, err)
		}
	}
}

// A state that doesn't fit a Lookahead is refused, and changes nothing.
func TestLookaheadRefusesOtherStates(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	p := s.Ones(2)
	p.RequiresGrad_(true)
	p.SetGrad(s.Ones(2))
	opt := optim.New(optim.Ranger(), []*torch.Tensor{p})
	defer opt.Close()
	opt.Step()
	good, err := opt.ToPTH()
	if err != nil {
		t.Fatal(err)
	}
	change := func(key string, v any) *pth.Dict {
		d := pth.NewDict()
		for k, old := range good.All() {
			if k == key {
				old = v
			}
			d.Set(k, old)
		}
		return d
	}
	wrong := pth.NewTensor(pth.Float32, []int64{3}, make([]byte, 12))
	for name, d := range parity.Sorted(map[string]*pth.Dict{
		"a text for a count": change("count", "one"),
		"no list":            change("slow_weights", int64(1)),
		"no list of lists":   change("slow_weights", &pth.List{Items: []any{wrong}}),
		"too few":            change("slow_weights", pth.NewList()),
		"another shape":      change("slow_weights", &pth.List{Items: []any{&pth.List{Items: []any{wrong}}}}),
		"no tensor":          change("slow_weights", &pth.List{Items: []any{&pth.List{Items: []any{"x"}}}}),
	}) {
		if err := opt.LoadPTH(holder{}, d); err == nil {
			t.Errorf("%s is loaded", name)
		} else {
			t.Log(err)
		}
		if n := opt.Params()[0].State["count"].Item(); n != 1 {
			t.Errorf("%s: the count is now %v", name, n)
		}
	}
	if err := opt.LoadPTH(holder{}, good); err != nil {
		t.Error(err)
	}
}

// A count of steps that isn't a number is refused: steps write to it.
func TestLoadRefusesCounts(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	opt := optim.New(optim.RAdam{}, []*torch.Tensor{s.Ones(2)})
	defer opt.Close()
	for _, shape := range [][]int64{{0}, {2}} {
		entry, d := pth.NewDict(), pth.NewDict()
		entry.Set("step", pth.NewTensor(pth.Float32, shape, make([]byte, 4*shape[0])))
		d.Set("state", &pth.List{Items: []any{entry}})
		d.Set("hypers", &pth.List{Items: []any{pth.NewDict()}})
		if err := opt.LoadPTH(holder{}, d); err == nil || !strings.Contains(err.Error(), "step has shape") {
			t.Errorf("a count of shape %v: %v", shape, err)
		}
	}
}

// Averages of another dtype become the parameter's, which steps need; complex numbers are refused.
func TestLoadConvertsAverages(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	p := s.With(torch.Float64).Ones(2)
	opt := optim.New(optim.SGD{Momentum: 0.9}, []*torch.Tensor{p})
	defer opt.Close()
	load := func(key string, v *pth.Tensor) error {
		entry, d := pth.NewDict(), pth.NewDict()
		entry.Set(key, v)
		d.Set("state", &pth.List{Items: []any{entry}})
		hypers := pth.NewDict()
		for name, v := range opt.Groups[0].Hypers {
			hypers.Set(name, v)
		}
		d.Set("hypers", &pth.List{Items: []any{hypers}})
		return opt.LoadPTH(holder{}, d)
	}
	one := []byte{0, 0, 0x80, 0x3f}
	if err := load("grad_avg", pth.NewTensor(pth.Float32, []int64{2}, append(one, one...))); err != nil {
		t.Fatal(err)
	}
	if avg := opt.Params()[0].State["grad_avg"]; avg.DType() != torch.Float64 || avg.Sum().Item() != 2 {
		t.Errorf("the average is %v", avg)
	}
	for key, shape := range parity.Sorted(map[string][]int64{"grad_avg": {2}, "step": nil}) {
		if err := load(key, pth.NewTensor(pth.Complex64, shape, make([]byte, 16))); err == nil || !strings.Contains(err.Error(), "complex64") {
			t.Errorf("a complex %s: %v", key, err)
		}
	}
}

// The state of another rule, which lacks a hyperparameter that would then be 0, is refused and changes nothing.
func TestLoadRefusesAnotherRule(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	p := s.Ones(2)
	p.RequiresGrad_(true)
	p.SetGrad(s.Ones(2))
	sgd := optim.New(optim.SGD{Momentum: 0.9}, []*torch.Tensor{p})
	defer sgd.Close()
	sgd.Step()
	state, err := sgd.ToPTH()
	if err != nil {
		t.Fatal(err)
	}
	for want, rule := range parity.Sorted(map[string]optim.Rule{"lacks eps, which Adam needs": optim.Adam{}, "lacks eps, which Larc needs": optim.Larc{}}) {
		opt := optim.New(rule, []*torch.Tensor{p})
		err := opt.LoadPTH(holder{}, state)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if len(opt.Params()[0].State) != 0 || opt.Groups[0].Hypers["lr"] != rule.Defaults()["lr"] {
			t.Errorf("%T is changed", rule)
		}
		opt.Close()
	}
}

// A pointer to a Lookahead looks ahead as well.
func TestPointerToLookahead(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	steps := func(rule optim.Rule) float64 {
		p := s.Ones(1)
		p.RequiresGrad_(true)
		p.SetGrad(s.Ones(1))
		opt := optim.New(rule, []*torch.Tensor{p})
		defer opt.Close()
		for range 2 {
			opt.Step()
		}
		return p.Item()
	}
	look := optim.Lookahead{Rule: optim.SGD{}, K: 2}
	changed := with(t, &look, optim.Hypers{"lr": 0.1})
	for name, c := range parity.Sorted(map[string]struct {
		rule optim.Rule
		want float64
	}{"value": {look, 0.999}, "pointer": {&look, 0.999}, "pointer with another rate": {changed, 0.9}}) {
		if got := steps(c.rule); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for want, rule := range parity.Sorted(map[string]optim.Rule{
		"Adam": with(t, optim.Adam{}, optim.Hypers{"eps": 1e-6}), "SGD{Momentum: 0.9}": optim.SGD{Momentum: 0.9},
		"Lookahead(6, 0.5) of RAdam":                  optim.Ranger(),
		"Lookahead(3, 0.5) of Larc{NoMomentum: true}": &optim.Lookahead{Rule: optim.Larc{NoMomentum: true}, K: 3},
		"optim_test.own":                              own{optim.SGD{Momentum: 0.5}, map[string]int{}},
	}) {
		if got := optim.Describe(rule); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		stable := want
		if _, custom := rule.(own); custom { // which embeds a rule that has a name
			stable = "custom{SGD: SGD{Momentum: 0.5}}"
		}
		if got := optim.Identity(rule); got != stable {
			t.Errorf("identity %q, want %q", got, stable)
		}
	}
}

// own is a custom rule.
type own struct {
	optim.SGD
	seen map[string]int
}

type holder struct{}

func (holder) Hold() func() { return func() {} }
