package torch

import (
	"fmt"
	"runtime"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// RequiresGrad tells whether gradients flow to t.
func (t *Tensor) RequiresGrad() bool { return t.info().RequiresGrad }

// IsLeaf tells whether t was made by no operation whose gradients are recorded (PyTorch's is_leaf).
func (t *Tensor) IsLeaf() bool { return t.info().Leaf }

// RequiresGrad_ turns gradients of the leaf t on or off and returns it.
func (t *Tensor) RequiresGrad_(on bool) *Tensor {
	if !on && !t.IsLeaf() {
		fail("requires_grad_", "gradients can be turned off for leaves alone: detach what was computed", t)
	}
	check(shim.SetRequiresGrad(t.handle(), on), "requires_grad_", t)
	return t
}

// Detach is t without its gradient graph, over the same memory.
func (t *Tensor) Detach() *Tensor { return t.unary("detach", lib.AtgDetach) }

// Backward computes the gradients of the scalar t and adds them to those of its leaves.
func (t *Tensor) Backward() {
	check(shim.Backward(t.handle(), nil, false, false), "backward", t)
	if t.scope != nil {
		t.scope.root.backward = t.scope
	}
}

// Grad returns a handle of t's gradient, or nil if there is none. It lives, with what is computed from it, in the scope of
// the tensor whose [Tensor.Backward] in t's family of scopes was the last one, as long as that is open: so a step's gradients
// end with the step. Otherwise it lives in t's scope. Of a tensor without a scope,
// such as a module's parameter, it is the caller's to close; p.In(s).Grad() lives in s.
func (t *Tensor) Grad() *Tensor {
	h, err := shim.Grad(t.handle())
	if err == nil && h == nil {
		if !t.zeroed {
			return nil
		}
		zeros := ZerosLike(t)
		defer zeros.Close()
		t.SetGrad(zeros)
		h, err = shim.Grad(t.handle())
	}
	return wrap(h, err, t.gradScope(), "grad", t)
}

func (t *Tensor) gradScope() *Scope {
	if t.scope == nil {
		return nil
	}
	if b := t.scope.root.backward; b != nil && !b.closed && b.serial > t.scope.serial {
		return b
	}
	return t.scope
}

// SetGrad replaces t's gradient by another of its shape, dtype and device; nil takes it away.
func (t *Tensor) SetGrad(g *Tensor) {
	var h shim.Handle
	if g != nil {
		checkGrad(t, g)
		h = g.handle()
	}
	check(shim.SetGrad(t.handle(), h), "set_grad", t)
	t.zeroed = false
	runtime.KeepAlive(g)
}

// ZeroGrad makes the gradients of ts zeros, where there are any (set_to_none=False). The zeros take no memory, and the next
// Backward adds nothing to them, until [Tensor.Grad] asks for them. A handle of a gradient from before keeps its numbers.
func ZeroGrad(ts []*Tensor) {
	has, err := shim.HasGrad(rawHandles(ts))
	check(err, "zero_grad")
	for i, t := range ts {
		has[i] = has[i] || t.zeroed
	}
	ClearGrad(ts)
	for i, t := range ts {
		t.zeroed = has[i]
	}
}

// ClearGrad takes the gradients of ts away (set_to_none=True, PyTorch's default).
func ClearGrad(ts []*Tensor) {
	check(shim.ZeroGrads(rawHandles(ts), true), "zero_grad")
	for _, t := range ts {
		t.zeroed = false
	}
}

// NoGrad runs f on a locked OS thread without recording gradients, and restores
// the grad mode after it, also when f panics. It nests.
func NoGrad(f func()) { gradMode(0, f) }

// EnableGrad runs f with gradients recorded, inside a NoGrad too.
func EnableGrad(f func()) { gradMode(1, f) }

func gradMode(on int, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := 0
	if shim.GradEnabled() {
		before = 1
	}
	lib.AtGradSetEnabled(on)
	defer lib.AtGradSetEnabled(before)
	f()
}

// GradEnabled tells whether operations record gradients. Outside NoGrad and
// EnableGrad, or on another thread than theirs, they do.
func GradEnabled() bool { return shim.GradEnabled() }

// Autocast runs f on a locked OS thread with operations on tensors of device's
// kind in mixed precision, as torch.autocast(device_type, dtype), and restores
// what was before, also when f panics. It nests; a Float32 dtype turns it off.
// dtype is BFloat16 or Float16 otherwise.
func Autocast(device Device, dtype DType, f func()) {
	if dtype != Float32 && dtype != BFloat16 && dtype != Float16 {
		fail("autocast", fmt.Sprintf("to %v: want BFloat16, Float16, or Float32, which turns it off", dtype))
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	state, err := shim.AutocastEnter(device.c("autocast"), dtype != Float32, dtype.c("autocast"))
	check(err, "autocast")
	defer func() { check(shim.AutocastLeave(state), "autocast") }()
	f()
}

func rawHandles(ts []*Tensor) []shim.Handle {
	hs := make([]shim.Handle, len(ts))
	for i, t := range ts {
		hs[i] = t.handle()
	}
	return hs
}
