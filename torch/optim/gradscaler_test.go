package optim_test

import (
	"math"
	"strings"
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

// Each optimizer of a scaler steps by its own gradients, unscaled before or by Step, in any order; the scale follows from all of them.
func TestGradScalerOfTwoOptimizers(t *testing.T) {
	for name, unscale := range parity.Sorted(map[string][]int{"by Step": nil, "the first before": {0}, "the second before": {1}, "both before": {1, 0}}) {
		for overflows := range 4 { // a bit for each
			s := torch.NewScope()
			g := &optim.GradScaler{InitScale: 1024, GrowthFactor: 2, BackoffFactor: 0.5, GrowthInterval: 1}
			var opts []*optim.Optimizer
			loss, want, left := s.With(torch.Float32).Zeros(), []float64{}, 0
			for i, rule := range []optim.Rule{optim.SGD{}, optim.RMSProp{}} { // one leaves it to the device, one waits
				p, f, end := s.With(torch.Float32).Ones(1).RequiresGrad_(true), 1.0, 0.5
				if overflows>>i&1 == 1 {
					f, end, left = math.Inf(1), 1, left+1
				}
				if i == 1 && f == 1 { // RMSProp's first step: lr·1/√(1-0.99)
					end = 1 - 0.05/0.1
				}
				o := optim.New(rule, []*torch.Tensor{p})
				if err := o.Set("lr", []float64{0.5, 0.05}[i]); err != nil {
					t.Fatal(err)
				}
				opts, want, loss = append(opts, o), append(want, end), loss.Add(p.Sum().MulScalar(f))
			}
			g.ScaleLoss(loss).Backward()
			for _, i := range unscale {
				g.Unscale(opts[i])
			}
			var got []float64
			for _, o := range opts {
				g.Step(o)
				got = append(got, o.Params()[0].In(s).Detach().Item())
				o.Close()
			}
			g.Update()
			parity.Close(t, name, got, want, 1e-6)
			scale := 2048.0
			if left > 0 {
				scale = 512
			}
			if g.Scale() != scale || g.Skipped() != left {
				t.Errorf("%s: scale %v, %d steps left out; want %v, %d", name, g.Scale(), g.Skipped(), scale, left)
			}
			g.Close()
			s.Close()
		}
	}
}

// A state that is loaded between Unscale and Step counts from Update on: the gradients are unscaled already.
func TestGradScalerLoadsWithinAStep(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	p, g := s.With(torch.Float32).Ones(1).RequiresGrad_(true), optim.NewGradScaler()
	defer g.Close()
	o := optim.New(optim.SGD{}, []*torch.Tensor{p})
	defer o.Close()
	g.ScaleLoss(p.Sum()).Backward()
	g.Unscale(o)
	state := (&optim.GradScaler{InitScale: 8, GrowthFactor: 4, BackoffFactor: 0.5, GrowthInterval: 1}).ToPTH()
	if err := g.LoadPTH(state); err != nil {
		t.Fatal(err)
	}
	g.Step(o)
	g.Update()
	if got := p.Detach().Item(); math.Abs(got-0.999) > 1e-6 || g.Scale() != 32 {
		t.Errorf("%v with scale %v, want 0.999 with 32", got, g.Scale())
	}
}

// The loss may lie on another device than the parameters. Two optimizers on two devices take a scaler each, and are told so.
func TestCUDAGradScalerAcrossDevices(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	s := torch.NewScope()
	defer s.Close()
	g := optim.NewGradScaler()
	defer g.Close()
	param := func(d torch.Device) (*torch.Tensor, *optim.Optimizer) {
		p := s.With(torch.Float32, d).Ones(1).RequiresGrad_(true)
		o := optim.New(optim.SGD{}, []*torch.Tensor{p})
		t.Cleanup(o.Close)
		return p, o
	}
	p, o := param(gpu)
	for _, f := range []float64{1, math.Inf(1), 1} {
		g.ScaleLoss(p.Sum().MulScalar(f).To(torch.CPU)).Backward()
		g.Step(o)
		g.Update()
		o.ZeroGrad()
	}
	if got := p.Detach().Item(); math.Abs(got-0.998) > 1e-6 || g.Skipped() != 1 || g.Scale() != 32768 {
		t.Errorf("%v with scale %v, %d steps left out; want 0.998 with 32768, 1", got, g.Scale(), g.Skipped())
	}
	q, other := param(torch.CPU)
	g.ScaleLoss(p.Sum().To(torch.CPU).Add(q.Sum())).Backward()
	g.Step(o)
	if err := torch.Try(func() { g.Step(other) }); err == nil || !strings.Contains(err.Error(), "give each its own") {
		t.Errorf("an optimizer on another device: %v", err)
	}
	g.Update()
	if g.Scale() != 32768 || q.Detach().Item() != 1 {
		t.Error("the refused step changed something")
	}
}
