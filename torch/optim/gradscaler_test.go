package optim_test

import (
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// hundred is a custom rule: it embeds one of the package's, and takes steps of 100.
type hundred struct{ optim.SGD }

func (hundred) Step(params []*optim.Param, _ optim.Hypers) {
	torch.NoGrad(func() {
		for _, p := range params {
			p.AddScalar_(-100)
		}
	})
}

// scaledSteps makes a step for each of factors, by which the loss p is multiplied, and returns p.
func scaledSteps(g *optim.GradScaler, rule optim.Rule, factors ...float64) float64 {
	s := torch.NewScope()
	defer s.Close()
	p := s.With(torch.Float32).Ones(1).RequiresGrad_(true)
	o := optim.New(rule, []*torch.Tensor{p})
	defer o.Close()
	for _, f := range factors {
		g.ScaleLoss(p.Sum().MulScalar(f)).Backward()
		g.Step(o)
		g.Update()
		o.ZeroGrad()
	}
	return p.Detach().Item()
}

// A scaler makes the rule's own steps, whatever the rule embeds, points to or was made from, and leaves out those whose gradients overflow.
func TestGradScalerStepsByTheRule(t *testing.T) {
	inf := math.Inf(1)
	rate := with(t, with(t, optim.SGD{}, optim.Hypers{"lr": 0.25}), optim.Hypers{"wd": 0})
	for name, c := range parity.Sorted(map[string]struct {
		rule optim.Rule
		want float64
	}{
		"custom":             {hundred{}, -199},
		"pointer to custom":  {&hundred{}, -199},
		"custom, by With":    {with(t, hundred{}, optim.Hypers{"lr": 1}), -199},
		"pointer":            {&optim.SGD{}, 0.998},
		"by With, twice":     {rate, 0.5},
		"within a Lookahead": {optim.Lookahead{Rule: rate, K: 2}, 0.75},
	}) {
		g := optim.NewGradScaler()
		got := scaledSteps(g, c.rule, 1, inf, 1, math.NaN())
		if math.Abs(got-c.want) > 1e-6 || g.Skipped() != 2 || g.Scale() != 65536/4 {
			t.Errorf("%s: %v with scale %v and %d steps left out, want %v", name, got, g.Scale(), g.Skipped(), c.want)
		}
		g.Close()
	}
}

// However many steps overflow, and at either end of the scales, the next good step is a step.
func TestGradScalerAtTheEnds(t *testing.T) {
	g := optim.NewGradScaler()
	defer g.Close()
	factors := make([]float64, 200)
	for i := range factors {
		factors[i] = math.NaN()
	}
	if p := scaledSteps(g, optim.SGD{}, append(factors, 1)...); math.Abs(p-0.999) > 1e-6 {
		t.Errorf("after 200 steps that overflowed one gives %v, want 0.999", p)
	}
	smallest := g.Scale()
	if err := optim.NewGradScaler().LoadPTH(g.ToPTH()); err != nil || g.Skipped() != 200 {
		t.Errorf("%d steps were left out; its state: %v", g.Skipped(), err)
	}
	for _, scale := range []float64{smallest, math.MaxFloat32} {
		end := &optim.GradScaler{InitScale: scale, GrowthFactor: 2, BackoffFactor: 0.5, GrowthInterval: 1}
		if p := scaledSteps(end, optim.SGD{}, 1, 1); math.Abs(p-0.998) > 1e-6 || end.Skipped() != 0 {
			t.Errorf("from a scale of %v: %v, %d steps left out", scale, p, end.Skipped())
		}
		end.Close()
	}
	for _, scale := range []float64{0, 1e-50, math.SmallestNonzeroFloat32, smallest / 2, math.MaxFloat32 * 2, math.Inf(1), -1} {
		g := optim.NewGradScaler()
		if g.InitScale = scale; torch.Try(func() { scaledSteps(g, optim.SGD{}, 1) }) == nil {
			t.Errorf("a scale of %v is accepted", scale)
		}
	}
}

// An optimizer whose parameters were taken away is refused.
func TestGradScalerWithoutParameters(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	o := optim.New(optim.SGD{}, []*torch.Tensor{s.Ones(1).RequiresGrad_(true)})
	o.Groups = nil
	if err := torch.Try(func() { optim.NewGradScaler().Step(o) }); err == nil {
		t.Error("it made a step")
	}
}
