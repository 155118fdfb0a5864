package torch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Hooks see gradients, change them, may keep them, and end; a panic in one is Backward's error.
func TestHooksOfGradients(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	s := torch.NewScope()
	x := torch.FromSlice(s, []float64{1, 2, 3}).RequiresGrad_(true)
	y := x.Mul(x)
	y.RetainGrad()
	var kept *torch.Tensor
	remove := y.RegisterHook(func(g *torch.Tensor) *torch.Tensor { kept = g.Keep(); return nil })
	y.RegisterHook(func(g *torch.Tensor) *torch.Tensor { return g.MulScalar(10) })
	x.RegisterHook(func(g *torch.Tensor) *torch.Tensor { return g.AddScalar(1) })
	y.MulScalar(2).Sum().Backward()
	if got := torch.ToSlice[float64](kept); !slices.Equal(got, []float64{2, 2, 2}) {
		t.Errorf("the hook saw %v", got)
	}
	if got := torch.ToSlice[float64](y.Grad()); !slices.Equal(got, []float64{20, 20, 20}) {
		t.Errorf("retained %v", got)
	}
	if got := torch.ToSlice[float64](x.Grad()); !slices.Equal(got, []float64{41, 81, 121}) {
		t.Errorf("gradient %v", got)
	}
	kept.Close()

	x.SetGrad(nil)
	remove()
	kept = nil
	z := x.MulScalar(3)
	z.RegisterHook(func(*torch.Tensor) *torch.Tensor { panic("the hook's own") })
	if err := torch.Try(func() { z.Sum().Backward() }); err == nil || !strings.Contains(err.Error(), "the hook's own") {
		t.Errorf("a hook's panic came back as %v", err)
	}
	if err := torch.Try(func() { s.Ones(2).RegisterHook(func(g *torch.Tensor) *torch.Tensor { return nil }) }); err == nil {
		t.Error("a tensor without gradients took a hook")
	}
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

// A checkpoint gives the values and gradients of the pass that keeps everything, dropout's draws too.
func TestCheckpointComputesAgain(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	run := func(inputNeeds, checkpointed bool) (all [][]float64) {
		s := torch.NewScope()
		defer s.Close()
		torch.ManualSeed(5)
		x := s.With(torch.Float64).Randn(4, 6).RequiresGrad_(inputNeeds)
		w := s.With(torch.Float64).Randn(3, 6).Keep().RequiresGrad_(true)
		defer w.Close()
		f := func(x *torch.Tensor) *torch.Tensor { return torch.Dropout(torch.Linear(x, w, nil).Tanh(), .5) }
		in, y := x, x
		if inputNeeds {
			in = x.MulScalar(2)
		}
		if checkpointed {
			y = torch.Checkpoint(in, f)
		} else {
			y = f(in)
		}
		s.Rand(3) // what is drawn in between changes nothing
		y.Mul(y).Sum().Backward()
		all = append(all, torch.ToSlice[float64](y.Detach()), torch.ToSlice[float64](w.Grad().MoveTo(s)), torch.ToSlice[float64](s.With(torch.Float64).Rand(2)))
		if inputNeeds {
			all = append(all, torch.ToSlice[float64](x.Grad()))
		}
		return all
	}
	for _, inputNeeds := range []bool{true, false} {
		want, got := run(inputNeeds, false), run(inputNeeds, true)
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("input needs gradients: %v: %d is %v, want %v", inputNeeds, i, got[i], want[i])
			}
		}
	}
	s := torch.NewScope()
	x := s.Ones(2).RequiresGrad_(true)
	n := 0
	y := torch.Checkpoint(x, func(x *torch.Tensor) *torch.Tensor {
		if n++; n > 1 {
			panic("again")
		}
		return x.MulScalar(2)
	})
	if err := torch.Try(func() { y.Sum().Backward() }); err == nil || !strings.Contains(err.Error(), "again") {
		t.Errorf("a panic of the second pass came back as %v", err)
	}
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

func TestInferenceMode(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	w := s.Ones(2).RequiresGrad_(true)
	var y *torch.Tensor
	torch.InferenceMode(func() {
		if torch.GradEnabled() {
			t.Error("gradients are recorded")
		}
		y = w.MulScalar(2)
	})
	if !torch.GradEnabled() || y.RequiresGrad() {
		t.Error("the mode went on, or its result requires gradients")
	}
	if err := torch.Try(func() { y.Mul(w) }); err == nil || !strings.Contains(err.Error(), "Inference tensors cannot be saved") {
		t.Errorf("its tensor entered a graph: %v", err)
	}
}

// Leaks names the line that made what is still there, and nothing else.
func TestLeaksNamesTheMaker(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 3)
	got := torch.Leaks(func() {
		for range 3 {
			step := s.Child()
			x.Add(step.Ones(1)) // its result lives in the younger scope
			x.MulScalar(2)      // its result lives in s
			step.Close()
		}
	})
	if len(got) != 1 || got[0].Count != 3 || got[0].Tensor != "float32[2×3]" || !strings.HasPrefix(got[0].Where, "hooks_test.go:") {
		t.Errorf("%v", got)
	}
}
