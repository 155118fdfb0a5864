package optim

import (
	"math"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A step whose lists don't fit changes nothing; without parameters it does nothing.
func TestStepsTakeListsOfOneLength(t *testing.T) {
	type tensors = []*torch.Tensor
	steps := []struct {
		name string
		step func(p, a, b, n tensors)
	}{
		{"AdamW", func(p, a, b, n tensors) { fusedAdamW(p, a, b, n, 1, .9, .99, 0, 1e-5, nil) }},
		{"SGD", func(p, a, b, n tensors) { fusedSGD(p, a, 1, .9, nil) }},
		{"RMSProp", func(p, a, b, n tensors) { stepRMSProp(p, a, b, 1, .9, .9, 1e-5) }},
		{"RAdam", func(p, a, b, n tensors) { stepRAdam(p, a, b, n, 1, .9, .9, 1e-5, 0) }},
		{"QHAdam", func(p, a, b, n tensors) { stepQHAdam(p, a, b, n, 1, .9, .9, 1, 1, 1e-5) }},
		{"Lamb", func(p, a, b, n tensors) { stepLamb(p, a, b, n, 1, .9, .9, 1e-5) }},
		{"Larc", func(p, a, b, n tensors) { stepLarc(p, a, 1, .9, 1, 0, 1e-5, true) }},
		{"Lookahead", func(p, a, b, n tensors) { stepLookahead(p, a, .5) }},
	}
	for _, c := range steps {
		t.Run(c.name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			some := func(n int, size int64) (out tensors) {
				for range n {
					out = append(out, s.Ones(size))
				}
				return out
			}
			p := some(3, 4)
			for _, x := range p {
				x.SetGrad(s.Ones(4))
			}
			counts := some(3, 1)
			for _, wrong := range []struct {
				name  string
				state tensors
			}{
				{"fewer", some(2, 4)}, {"smaller", some(3, 1)}, {"nil", tensors{p[0], nil, p[2]}},
				{"other dtype", tensors{p[0], p[1], s.With(torch.Float64).Ones(4)}},
			} {
				if err := torch.Try(func() { c.step(p, wrong.state, wrong.state, counts) }); err == nil {
					t.Errorf("%s: no error", wrong.name)
				}
			}
			for _, x := range append(p, counts...) {
				if torch.ToSlice[float32](x)[0] != 1 {
					t.Error("a step that was refused changed something")
				}
			}
			if err := torch.Try(func() { c.step(nil, nil, nil, nil) }); err != nil {
				t.Errorf("without parameters: %v", err)
			}
		})
	}
}

// A step that the device leaves out changes nothing, and one that it is only asked about is the step itself: weights, averages and counts.
func TestStepsThatTheDeviceLeavesOut(t *testing.T) {
	with, err := With(Adam{}, Hypers{"eps": 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range parity.Sorted(map[string]Rule{"Adam": Adam{}, "Adam, L2": Adam{L2: true}, "Adam, other defaults": with, "SGD": SGD{}, "SGD, momentum": SGD{Momentum: 0.9}, "SGD, L2": SGD{Momentum: 0.9, L2: true}}) {
		s := torch.NewScope()
		ask := func(o *Optimizer, skip float64) { o.stepUnless(s.With(torch.Float32).Full(skip)) }
		// run makes a step whose gradients overflow or not for each of overflows.
		run := func(step func(o *Optimizer, overflows bool), overflows ...bool) (all []float64) {
			p, bias := torch.FromSlice(s, []float64{1, -2, 3}).RequiresGrad_(true), s.With(torch.Float64).Ones(2).RequiresGrad_(true)
			o := New(rule, []*torch.Tensor{p, bias})
			defer o.Close()
			o.Groups[0].Params[1].NoDecay = true
			if err := o.Set("wd", 0.1); err != nil {
				t.Fatal(err)
			}
			for _, inf := range overflows {
				p.Square().Sum().Add(bias.Sum()).Backward()
				if inf {
					p.Grad().MulScalar_(math.Inf(1))
				}
				step(o, inf)
				o.ZeroGrad()
			}
			for _, p := range o.Params() {
				all = append(all, torch.ToSlice[float64](p.In(s).Detach())...)
				for _, name := range sortedKeys(p.State) {
					all = append(all, torch.ToSlice[float64](p.State[name].In(s).To(torch.Float64))...)
				}
			}
			return all
		}
		want := run(func(o *Optimizer, _ bool) { o.Step() }, false, false, false)
		got := run(func(o *Optimizer, inf bool) { ask(o, map[bool]float64{true: 1}[inf]) }, true, false, false, true, false, true)
		parity.Close(t, name, got, want, 1e-14)
		s.Close()
	}
}
