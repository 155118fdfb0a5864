package torch_test

import (
	"math"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

func TestVectorNorm(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := torch.FromSlice(s, []float64{3, -4, 0, 12}, 2, 2)
	for p, want := range parity.Sorted(map[float64]float64{2: 13, 1: 19, math.Inf(1): 12}) {
		if got := x.Norm(p).Item(); got != want {
			t.Errorf("norm of order %v: %v, want %v", p, got, want)
		}
	}
}

func TestLerpScalar(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x, y := torch.FromSlice(s, []float64{0, 8}), torch.FromSlice(s, []float64{4, 0})
	if got := x.LerpScalar_(y, 0.25); got != x || got.Sum().Item() != 7 {
		t.Errorf("%v", torch.ToSlice[float64](got))
	}
	if err := torch.Try(func() { x.LerpScalar_(torch.FromSlice(s, []float64{1, 2, 3}), 0.5) }); err == nil {
		t.Error("shapes that don't fit must be refused")
	}
}

func TestRandInt(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	seen := map[int64]bool{}
	for _, v := range torch.ToSlice[int64](s.RandInt(3, 10, 10)) {
		seen[v] = true
	}
	if len(seen) != 3 || !seen[0] || !seen[2] {
		t.Errorf("drawn: %v", seen)
	}
	if err := torch.Try(func() { s.RandInt(0, 1) }); err == nil {
		t.Error("a range of nothing must be refused")
	}
}

// A loop by hand, as in the book's fourth chapter: a step's gradients end with the step.
func TestLoopByHandLeavesNothing(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	w := s.Ones(4).RequiresGrad_(true)
	collector.Off(t)
	live := torch.LiveTensors()
	for range 10 {
		step := s.Child()
		w.Mul(step.Ones(4)).Sum().Backward()
		if g := w.Grad(); g.Scope() != step {
			t.Fatal("the gradient doesn't end with the step")
		}
		torch.NoGrad(func() { w.Sub_(w.Grad().MulScalar(0.1)); w.SetGrad(nil) })
		step.Close()
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors are left after 10 steps", n)
	}
	w.Sum().Backward()
	if g := w.Grad(); g.Scope() != s {
		t.Error("a gradient that was computed in the parameter's own scope doesn't live there")
	}
}

// Zeroed gradients are zeros for whoever asks, whichever handle is asked, and nothing is written to reach that: a handle from
// before keeps its numbers. Only a gradient that there was is zeros.
func TestZeroGrad(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	trained := func() *torch.Tensor {
		w := torch.FromSlice(s, []float64{1, 2}).RequiresGrad_(true)
		w.Square().Sum().Backward()
		return w
	}
	zeroed := func() *torch.Tensor {
		w := trained()
		torch.ZeroGrad([]*torch.Tensor{w})
		return w
	}
	twice := func(w *torch.Tensor) *torch.Tensor { torch.ZeroGrad([]*torch.Tensor{w}); return w }
	back := func(w *torch.Tensor) *torch.Tensor { w.Square().Sum().Backward(); return w }
	asked := func(w *torch.Tensor) *torch.Tensor { w.Grad(); return w }
	for _, c := range []struct {
		what string
		w    *torch.Tensor
		want []float64 // nil: no gradient
	}{
		{"never trained", twice(torch.FromSlice(s, []float64{1, 2}).RequiresGrad_(true)), nil},
		{"zeroed", zeroed(), []float64{0, 0}},
		{"zeroed twice", twice(zeroed()), []float64{0, 0}},
		{"zeroed, then frozen", zeroed().RequiresGrad_(false), []float64{0, 0}},
		{"another handle", zeroed().In(s), []float64{0, 0}},
		{"trained on", back(zeroed()), []float64{2, 4}},
		{"trained on after the zeros were asked for", back(asked(zeroed())), []float64{2, 4}},
		{"trained twice on", back(back(zeroed())), []float64{4, 8}},
	} {
		if g := c.w.Grad(); (g == nil) != (c.want == nil) || g != nil && !slices.Equal(torch.ToSlice[float64](g), c.want) {
			t.Errorf("%s: the gradient is %v, want %v", c.what, g, c.want)
		}
	}
	for what, remove := range parity.Sorted(map[string]func(w *torch.Tensor){
		"ClearGrad": func(w *torch.Tensor) { torch.ClearGrad([]*torch.Tensor{w}) },
		"SetGrad":   func(w *torch.Tensor) { w.SetGrad(nil) },
		"Assign":    func(w *torch.Tensor) { w.Assign(s.Zeros(2)) },
	}) {
		w := zeroed()
		if remove(w); w.Grad() != nil {
			t.Errorf("%s leaves a gradient", what)
		}
	}
	w := trained()
	g := w.Grad()
	if twice(w); g.Sum().Item() != 6 {
		t.Error("zeros were written into the gradient, whose memory a step needs no more")
	}
}
