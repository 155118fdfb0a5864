package optim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// does runs f in a scope and returns its error, or the one it panics with.
func does(f func(s *torch.Scope) (any, error)) func() (any, error) {
	return func() (v any, err error) {
		s := torch.NewScope()
		defer s.Close()
		if caught := torch.Try(func() { v, err = f(s) }); caught != nil {
			return nil, caught
		}
		return v, err
	}
}

// stepped is an optimizer of one parameter with a gradient; a step that is refused must leave it alone.
func stepped(s *torch.Scope, rule optim.Rule, change func(o *optim.Optimizer) error) error {
	p := s.Ones(2).RequiresGrad_(true)
	p.SetGrad(s.Ones(2))
	o := optim.New(rule, []*torch.Tensor{p})
	defer o.Close()
	err := change(o)
	if err == nil {
		err = torch.Try(o.Step)
	}
	if err != nil && p.Detach().Sum().Item() != 2 {
		return fmt.Errorf("the parameter changed: %v", err)
	}
	return err
}

// ways are those in which a hyperparameter gets its value.
var ways = map[string]func(s *torch.Scope, rule optim.Rule, name string, v float64) error{
	"Set": func(s *torch.Scope, rule optim.Rule, name string, v float64) error {
		return stepped(s, rule, func(o *optim.Optimizer) error { return o.Set(name, v) })
	},
	"Hypers": func(s *torch.Scope, rule optim.Rule, name string, v float64) error {
		return stepped(s, rule, func(o *optim.Optimizer) error { o.Groups[0].Hypers[name] = v; return nil })
	},
	"With": func(s *torch.Scope, rule optim.Rule, name string, v float64) error {
		_, err := optim.With(rule, optim.Hypers{name: v})
		return err
	},
	"LoadPTH": func(s *torch.Scope, rule optim.Rule, name string, v float64) error {
		return stepped(s, rule, func(o *optim.Optimizer) error {
			d, err := o.ToPTH()
			if err != nil {
				return err
			}
			hypers, _ := pth.Get[*pth.List](d, "hypers")
			hypers.Items[0].(*pth.Dict).Set(name, v)
			return o.LoadPTH(holder{}, d)
		})
	},
}

// hyperChecks are of every rule's hyperparameters that torch.optim has too, by all ways.
func hyperChecks() (checks []parity.Check) {
	one := "[param(2)]"
	adam := map[string]string{"lr": "lr=%s", "mom": "betas=(%s, 0.9)", "sqr_mom": "betas=(0.9, %s)", "eps": "eps=%s", "wd": "weight_decay=%s"}
	rms := map[string]string{"lr": "lr=%s", "mom": "momentum=%s", "sqr_mom": "alpha=%s", "eps": "eps=%s", "wd": "weight_decay=%s"}
	sgd := map[string]string{"lr": "lr=%s", "mom": "momentum=%s", "wd": "weight_decay=%s"}
	for _, r := range []struct {
		name, theirs string
		rule         optim.Rule
		hypers       map[string]string
		debiased     bool
	}{
		{"Adam", "Adam", optim.Adam{}, adam, true}, {"RAdam", "RAdam", optim.RAdam{}, adam, true}, {"QHAdam", "Adam", optim.QHAdam{}, adam, true},
		{"Lamb", "Adam", optim.Lamb{}, adam, true}, {"Ranger Lookahead", "RAdam", optim.Ranger(), adam, true}, {"RMSProp", "RMSprop", optim.RMSProp{Momentum: 0.9}, rms, false},
		{"SGD", "SGD", optim.SGD{Momentum: 0.9}, sgd, false}, {"Larc", "SGD", optim.Larc{}, sgd, false},
	} {
		for _, name := range []string{"lr", "wd", "eps", "mom", "sqr_mom"} {
			arg, ok := r.hypers[name]
			if !ok {
				continue
			}
			values := []float64{-1, math.NaN(), math.Inf(1)}
			if r.debiased && strings.HasSuffix(name, "mom") {
				values = append(values, 1, 1.5)
			}
			for _, v := range values {
				only := ""
				if passes := math.IsInf(v, 1) || math.IsNaN(v) && r.theirs == "SGD"; passes && !(r.debiased && strings.HasSuffix(name, "mom")) {
					only = "Python compares with 0 alone"
				}
				number := strings.TrimPrefix(strings.ToLower(fmt.Sprint(v)), "+")
				checks = append(checks, parity.Check{
					Of: r.name, What: fmt.Sprintf("%s of %v", name, v), Only: only,
					Py:   fmt.Sprintf("optim.%s(%s, %s)", r.theirs, one, fmt.Sprintf(arg, number)),
					Want: fmt.Sprintf("optim: %s of ", name),
					Ours: does(func(s *torch.Scope) (any, error) {
						var err error
						for way, f := range ways {
							if err = f(s, r.rule, name, v); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("is %v: want", v)) {
								return nil, fmt.Errorf("by %s: %v", way, err)
							}
						}
						return nil, err
					})})
			}
		}
	}
	return checks
}

// groups makes an optimizer of these groups of two parameters and of one that was computed of them.
func groups(f func(a, b, computed *torch.Tensor) [][]*torch.Tensor) func() (any, error) {
	return does(func(s *torch.Scope) (any, error) {
		a, b := s.Ones(2).RequiresGrad_(true), s.Ones(2).RequiresGrad_(true)
		optim.New(optim.Adam{}, f(a, b, a.MulScalar(2))...).Close()
		return nil, nil
	})
}

// scaler unscales the gradients of a parameter.
func scaler(change func(g *optim.GradScaler), times int, dtype torch.DType) func() (any, error) {
	return does(func(s *torch.Scope) (any, error) {
		p := s.With(dtype).Ones(2).RequiresGrad_(true)
		p.SetGrad(s.With(dtype).Ones(2))
		g := optim.NewGradScaler()
		defer g.Close()
		change(g)
		o := optim.New(optim.SGD{}, []*torch.Tensor{p})
		for range times {
			g.Unscale(o)
		}
		return []float64{g.Scale(), g.GrowthFactor, g.BackoffFactor, float64(g.GrowthInterval)}, nil
	})
}

// afterStep calls f after a scaler's step.
func afterStep(f func(*optim.GradScaler, *optim.Optimizer)) func() (any, error) {
	return does(func(s *torch.Scope) (any, error) {
		p, g := s.Ones(2).RequiresGrad_(true), optim.NewGradScaler()
		defer g.Close()
		o := optim.New(optim.SGD{}, []*torch.Tensor{p})
		g.ScaleLoss(p.Sum()).Backward()
		g.Step(o)
		f(g, o)
		return nil, nil
	})
}

const scale = "p = param(2); p.grad = torch.ones(2); o = optim.SGD([p]); g = torch.amp.GradScaler('cpu'); l = g.scale(p.sum()); "

var optimChecks = append(hyperChecks(), []parity.Check{
	{Of: "New Optimizer", What: "no group", Py: "optim.Adam([])", Want: "there are no parameters", Ours: groups(func(_, _, _ *torch.Tensor) [][]*torch.Tensor { return nil })},
	{Of: "New", What: "no parameter", Py: "optim.Adam([])", Want: "there are no parameters", Ours: groups(func(_, _, _ *torch.Tensor) [][]*torch.Tensor { return [][]*torch.Tensor{{}, {}} })},
	{Of: "New Group", What: "in two groups", Py: "p = param(2); optim.Adam([{'params': [p]}, {'params': [p]}])", Want: "group 1 is there twice",
		Ours: groups(func(a, b, _ *torch.Tensor) [][]*torch.Tensor { return [][]*torch.Tensor{{a}, {b, a}} })},
	{Of: "New", What: "twice in a group", Py: "p = param(2); optim.Adam([p, p])", Only: "warns", Want: "group 0 is there twice",
		Ours: groups(func(a, _, _ *torch.Tensor) [][]*torch.Tensor { return [][]*torch.Tensor{{a, a}} })},
	{Of: "New Param", What: "no leaf", Py: "p = param(2); optim.Adam([p*2])", Want: "only leaves can be optimized",
		Ours: groups(func(_, _, computed *torch.Tensor) [][]*torch.Tensor { return [][]*torch.Tensor{{computed}} })},
	{Of: "New", What: "no tensor", Py: "optim.Adam([None])", Want: "nil tensor", Ours: groups(func(_, _, _ *torch.Tensor) [][]*torch.Tensor { return [][]*torch.Tensor{{nil}} })},
	{Of: "Rule SGD.Defaults", What: "a default below 0", Py: "optim.SGD([param(2)], momentum=-1.)", Want: "optim: mom of SGD",
		Ours: does(func(s *torch.Scope) (any, error) {
			optim.New(optim.SGD{Momentum: -1}, []*torch.Tensor{s.Ones(2)})
			return nil, nil
		})},
	{Of: "Lookahead", What: "Alpha of NaN", Py: "1", Only: "torch.optim has no Lookahead", Want: "Alpha of a Lookahead is NaN",
		Ours: does(func(s *torch.Scope) (any, error) {
			optim.New(optim.Lookahead{Rule: optim.SGD{}, Alpha: math.NaN()}, []*torch.Tensor{s.Ones(2)})
			return nil, nil
		})},
	{Of: "Optimizer.LoadPTH Optimizer.ToPTH", What: "of other groups", Py: "a = optim.SGD([param(2)]); b = optim.SGD([{'params': [param(2)]}, {'params': [param(2)]}]); a.load_state_dict(b.state_dict())", Want: "2 parameters, the model has 1",
		Ours: does(func(s *torch.Scope) (any, error) {
			d, err := optim.New(optim.SGD{}, []*torch.Tensor{s.Ones()}, []*torch.Tensor{s.Ones()}).ToPTH()
			if err != nil {
				return nil, err
			}
			return nil, optim.New(optim.SGD{}, []*torch.Tensor{s.Ones()}).LoadPTH(holder{}, d)
		})},
	{Of: "FromTorch Optimizer.ToTorch", What: "of another number of parameters", Py: "a = optim.SGD([param(2)]); b = optim.SGD([param(2), param(2)]); a.load_state_dict(b.state_dict())", Want: "2 parameters, and there are 1",
		Ours: does(func(s *torch.Scope) (any, error) {
			d, err := optim.New(optim.SGD{}, []*torch.Tensor{s.Ones(), s.Ones()}).ToTorch()
			if err != nil {
				return nil, err
			}
			return optim.FromTorch(holder{}, d, []*torch.Tensor{s.Ones()})
		})},
	{Of: "Optimizer.Set Optimizer.Step With Hypers", What: "values of other groups", Py: "a = optim.SGD([param(2)]); a.load_state_dict({'state': {}, 'param_groups': [{}, {}]})", Want: "2 values of lr for 1 parameter groups",
		Ours: does(func(s *torch.Scope) (any, error) {
			return nil, optim.New(optim.SGD{}, []*torch.Tensor{s.Ones()}).Set("lr", 1, 2)
		})},

	{Of: "GradScaler NewGradScaler GradScaler.ToPTH", What: "defaults", Py: "list(torch.amp.GradScaler('cpu').state_dict().values())[:4]", Ours: scaler(func(*optim.GradScaler) {}, 0, torch.Float32)},
	{Of: "GradScaler GradScaler.ScaleLoss", What: "a growth factor of 1", Py: "torch.amp.GradScaler('cpu', growth_factor=1.)", Want: "GrowthFactor is 1", Ours: scaler(func(g *optim.GradScaler) { g.GrowthFactor = 1 }, 1, torch.Float32)},
	{Of: "GradScaler", What: "a backoff factor of 1", Py: "torch.amp.GradScaler('cpu', backoff_factor=1.)", Want: "BackoffFactor is 1", Ours: scaler(func(g *optim.GradScaler) { g.BackoffFactor = 1 }, 1, torch.Float32)},
	{Of: "GradScaler", What: "a scale of NaN", Py: "torch.amp.GradScaler('cpu', init_scale=nan)", Only: "Python doesn't look at the scale", Want: "InitScale is NaN", Ours: scaler(func(g *optim.GradScaler) { g.InitScale = math.NaN() }, 1, torch.Float32)},
	{Of: "GradScaler.Unscale", What: "twice", Py: scale + "g.unscale_(o); g.unscale_(o)", Want: "unscaled already", Ours: scaler(func(*optim.GradScaler) {}, 2, torch.Float32)},
	{Of: "GradScaler.Step", What: "twice", Py: scale + "l.backward(); g.step(o); g.step(o)", Want: "made the optimizer's step already", Ours: afterStep((*optim.GradScaler).Step)},
	{Of: "GradScaler.Unscale", What: "after Step", Py: scale + "l.backward(); g.step(o); g.unscale_(o)", Want: "unscaled already", Ours: afterStep((*optim.GradScaler).Unscale)},
	{Of: "GradScaler.Unscale", What: "float16", Py: "p = nn.Parameter(torch.ones(2, dtype=torch.float16)); p.grad = torch.ones(2, dtype=torch.float16); o = optim.SGD([p]); g = torch.amp.GradScaler('cpu'); l = g.scale(p.float().sum()); g.unscale_(o)",
		Want: "attempting to unscale float16 gradients", Ours: scaler(func(*optim.GradScaler) {}, 1, torch.Float16)},
	{Of: "GradScaler.LoadPTH", What: "an empty state", Py: "torch.amp.GradScaler('cpu').load_state_dict({})", Want: "no number scale",
		Ours: func() (any, error) { return nil, optim.NewGradScaler().LoadPTH(pth.NewDict()) }},
	{Of: "GradScaler.LoadPTH", What: "a scale of 0", Py: "g = torch.amp.GradScaler('cpu'); d = g.state_dict(); d['scale'] = 0.; g.load_state_dict(d)", Only: "Python doesn't look at what it loads", Want: "InitScale is 0",
		Ours: func() (any, error) {
			d := optim.NewGradScaler().ToPTH()
			d.Set("scale", 0.0)
			return nil, optim.NewGradScaler().LoadPTH(d)
		}},
}...)

// What torch.optim refuses in Python ours refuses, by whichever way it comes, and nothing has changed then.
func TestPythonsChecks(t *testing.T) { parity.Checks(t, optimChecks) }

// A rule or method that is added must be looked at: what does PyTorch's refuse?
func TestPythonsChecksCoverEverything(t *testing.T) {
	parity.Covered(t, "torch/optim", optimChecks, map[string]string{
		"takes no argument that could be wrong": `Describe Identity Adam.Defaults Lamb.Defaults Larc.Defaults QHAdam.Defaults RAdam.Defaults RMSProp.Defaults
			Optimizer.ClearState Optimizer.Close Optimizer.FreezeTo Optimizer.Frozen Optimizer.Params Optimizer.ZeroGrad`,
		"is called by Optimizer.Step, which checks":                                                              `Adam.Step Lamb.Step Larc.Step QHAdam.Step RAdam.Step RMSProp.Step SGD.Step`,
		"is called by a step of the loss, whose checks count":                                                    `GradScaler.Close GradScaler.FoundInf GradScaler.Scale GradScaler.Skipped`,
		"Python refuses an Update without an Unscale, ours does nothing: a step that was left out ends with one": `GradScaler.Update`,
	})
}
