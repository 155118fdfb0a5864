package nn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A module's hook sees the gradients of its own path, in a container too, once in each pass, and may keep them.
func TestBackwardHooksSeeAModulesGradients(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	s := torch.NewScope()
	first, second := nn.NewLinear(3, 2, nn.NoBias()), nn.NewLinear(2, 2, nn.NoBias())
	m := nn.NewSequential(first, &nn.ReLU{}, second)
	nn.Constant_(first.Weight, 1)
	nn.Constant_(second.Weight, 2)
	var kept []*torch.Tensor
	calls := 0
	remove := nn.OnBackward(second, func(in, out *torch.Tensor) { calls++; kept = append(kept, in.Keep(), out.Keep()) })
	removeFirst := nn.OnBackward(first, func(in, out *torch.Tensor) {
		if calls++; in != nil || !slices.Equal(numbers(out), []float64{12, 12}) {
			t.Errorf("the first layer's gradients are %v, %v", in, out)
		}
	})
	nn.Call(m, torch.FromSlice(s, []float32{1, 2, 3}, 1, 3)).MulScalar(3).Sum().Backward()
	for _, k := range kept {
		k.MoveTo(s) // with what is computed from them
	}
	if calls != 2 || !slices.Equal(numbers(kept[0]), []float64{12, 12}) || !slices.Equal(numbers(kept[1]), []float64{3, 3}) {
		t.Errorf("%d calls; the hook saw %v", calls, kept)
	}
	if err := torch.Try(func() { second.Forward(s.Ones(1, 2)) }); err == nil || !strings.Contains(err.Error(), "nn.Call") {
		t.Errorf("a hook that can see nothing: %v", err)
	}
	remove()
	removeFirst()
	nn.Call(m, s.Ones(1, 3)).Sum().Backward()
	if calls != 2 {
		t.Error("removed hooks saw a pass")
	}
	broken := nn.OnBackward(m, func(_, _ *torch.Tensor) { panic("mine") })
	if err := torch.Try(func() { nn.Call(m, s.Ones(1, 3)).Sum().Backward() }); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("a hook's panic: %v", err)
	}
	broken()
	for _, k := range kept {
		k.Close()
	}
	nn.Close(m)
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

// scale is a custom module without layers.
type scale struct{ nn.Base }

func (m *scale) Forward(x *torch.Tensor) *torch.Tensor { return x.MulScalar(2) }

// byForward runs its children by their Forward, or not at all.
type byForward struct {
	nn.Base
	Scale *scale
	Skips bool
}

func (m *byForward) Forward(x *torch.Tensor) *torch.Tensor {
	if m.Skips {
		return x.MulScalar(3)
	}
	return m.Scale.Forward(x)
}

// A pass of a root, or of any module above, that doesn't reach a module with a backward hook is an error that names it; without gradients,
// and for hooks that are removed or of modules elsewhere, it isn't.
func TestBackwardHooksAreReached(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	inner := &byForward{Scale: &scale{}}
	m := nn.NewSequential(&nn.ReLU{}, inner)
	x := s.Ones(2).RequiresGrad_(true)
	pass := func() error { return torch.Try(func() { nn.Call(m, x).Sum().Backward() }) }
	elsewhere := nn.OnBackward(&scale{}, func(_, _ *torch.Tensor) {})
	defer elsewhere()
	if err := pass(); err != nil {
		t.Error(err)
	}
	remove := nn.OnBackward(inner.Scale, func(_, _ *torch.Tensor) { t.Error("the hook can't see a pass") })
	for _, inner.Skips = range []bool{false, true} {
		if err := pass(); err == nil || !strings.Contains(err.Error(), "scale (*nn_test.scale) has a backward hook that this pass of the nn_test.byForward never reached") {
			t.Errorf("skips %v: %v", inner.Skips, err)
		}
	}
	torch.NoGrad(func() {
		if err := torch.Try(func() { nn.Call(m, x) }); err != nil {
			t.Errorf("without gradients: %v", err)
		}
	})
	hooked := inner.Scale
	if inner.Scale = (&scale{}); pass() != nil {
		t.Error("a module that was replaced can't be reached")
	}
	inner.Scale = hooked
	remove()
	remove()
	if err := pass(); err != nil {
		t.Error(err)
	}
	calls := 0
	defer nn.OnBackward(m, func(_, _ *torch.Tensor) { calls++ })()
	if err := torch.Try(func() { m.Forward(x) }); err == nil || !strings.Contains(err.Error(), "nn.Call") {
		t.Errorf("a container's Forward by itself: %v", err)
	}
	if err := pass(); err != nil || calls != 1 {
		t.Error(calls, err)
	}
}

// ClipGradNorm_ returns the norm from before, and leaves gradients below the limit alone.
func TestClipGradNorm(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	a, b := s.Zeros(2).RequiresGrad_(true), s.Zeros(1).RequiresGrad_(true)
	a.SetGrad(torch.FromSlice(s, []float32{3, 0}))
	b.SetGrad(torch.FromSlice(s, []float32{4}))
	params := []*torch.Tensor{a, b, s.Zeros(1).RequiresGrad_(true)}
	for _, limit := range []float64{10, 1} {
		if norm := nn.ClipGradNorm_(s, params, limit, 2).Item(); norm != 5 {
			t.Errorf("norm %v", norm)
		}
	}
	if got := numbers(a.Grad()); !(got[0] > .5999 && got[0] < .6001) {
		t.Errorf("clipped to %v", got)
	}
	if nn.ClipGradNorm_(s, params[2:], 1, 2) != nil {
		t.Error("a norm without gradients")
	}
}
