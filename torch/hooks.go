package torch

import (
	"runtime"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// RetainGrad has t, the result of an operation, keep its gradient, as leaves do, for [Tensor.Grad].
func (t *Tensor) RetainGrad() { check(shim.RetainGrad(t.handle()), "retain_grad", t) }

// RegisterHook has f called in each backward pass with t's gradient, until remove is called. What f returns replaces the
// gradient; nil leaves it as it is. The gradient and what is computed from it live in a scope that ends with f: [Tensor.Keep]
// keeps one. f runs without a graph, on autograd's thread; its panic is the error of Backward.
func (t *Tensor) RegisterHook(f func(grad *Tensor) *Tensor) (remove func()) {
	if err := guard.Given("torch: Tensor.RegisterHook", f); err != nil {
		fail("register_hook", err.Error(), t)
	}
	removed, home := false, t.scope
	err := shim.RegisterHook(t.handle(), shim.Callback{Call: func(h shim.Handle) shim.Handle {
		s := childOf(home)
		defer s.Close()
		grad := wrap(h, nil, s, "register_hook")
		if removed {
			return nil
		}
		return given(f(grad))
	}})
	check(err, "register_hook", t)
	return func() { removed = true }
}

// childOf is a scope of s's family, or of a new one where s takes no more.
func childOf(s *Scope) *Scope {
	if s == nil || s.closed {
		return NewScope()
	}
	return s.Child()
}

// given is a handle of t that libtorch takes over, nil of none.
func given(t *Tensor) shim.Handle {
	if t == nil {
		return nil
	}
	return shim.Handle(t.In(nil).release())
}

// release gives up t's handle to who frees it.
func (t *Tensor) release() shim.Handle {
	t.Keep()
	t.cleanup.Stop()
	h := t.c
	t.c = nil
	died(h)
	return shim.Handle(h)
}

// Checkpoint is f(x), whose inner results aren't kept: the backward pass computes f again, with the same random numbers
// (torch.utils.checkpoint.checkpoint, reentrant). It takes time for memory. Gradients reach x and the parameters that f uses,
// and nothing else that f finds by itself and that was computed. f runs in a scope of its own each time.
func Checkpoint(x *Tensor, f func(x *Tensor) *Tensor) *Tensor {
	if err := guard.Given("torch.Checkpoint", f); err != nil {
		fail("checkpoint", err.Error(), x)
	}
	if !GradEnabled() {
		return f(x)
	}
	devices := []Device{CPU}
	if d := x.Device(); d.IsCUDA() {
		devices = append(devices, d)
	}
	home := x.scope
	s := childOf(home)
	defer s.Close()
	states := make([]*Tensor, len(devices))
	for i, d := range devices {
		states[i] = RNGState(d).MoveTo(s)
	}
	var y *Tensor
	NoGrad(func() { y = checkResult(f(x.In(s))) })
	for _, state := range states {
		state.Keep()
	}
	h, err := shim.Checkpoint(x.handle(), y.handle(), shim.Callback{Release: func() {
		for _, state := range states {
			state.Close()
		}
	}, Call: func(h shim.Handle) shim.Handle {
		s := childOf(home)
		defer s.Close()
		again := wrap(h, nil, s, "checkpoint")
		for i, d := range devices {
			now := RNGState(d)
			defer now.Close()
			defer SetRNGState(d, now)
			SetRNGState(d, states[i])
		}
		var out shim.Handle
		EnableGrad(func() { out = given(checkResult(f(again))) })
		return out
	}})
	runtime.KeepAlive(y)
	return wrap(h, err, home, "checkpoint", x)
}

func checkResult(y *Tensor) *Tensor {
	if y == nil {
		fail("checkpoint", "the function returned nil")
	}
	return y
}

// InferenceMode runs f on a locked OS thread in libtorch's inference mode, which is [NoGrad] and records nothing else: it is
// a little faster, and its tensors can't enter a graph later (torch.inference_mode).
func InferenceMode(f func()) {
	if err := guard.Given("torch.InferenceMode", f); err != nil {
		fail("inference_mode", err.Error())
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g, err := shim.InferenceEnter()
	check(err, "inference_mode")
	defer shim.InferenceLeave(g)
	f()
}
