package shim

// #include "shim.h"
import "C"

import "unsafe"

// Backward computes the gradients of t; gradient may be nil for a scalar.
func Backward(t, gradient Handle, retainGraph, createGraph bool) error {
	return check(C.fl_backward(t, gradient, flag(retainGraph), flag(createGraph)))
}

// Grad returns t's gradient, nil where there is none.
func Grad(t Handle) (out Handle, err error) {
	err = check(C.fl_grad(t, &out))
	return out, err
}

// SetGrad replaces t's gradient; nil takes it away.
func SetGrad(t, grad Handle) error { return check(C.fl_set_grad(t, grad)) }

// GradEnabled tells the calling thread's grad mode.
func GradEnabled() bool { return C.fl_grad_enabled() != 0 }

// ZeroGrads zeroes the gradients of ts, or takes them away.
func ZeroGrads(ts []Handle, setToNone bool) error {
	p, n := list(ts)
	return check(C.fl_zero_grads(p, n, flag(setToNone)))
}

// UnscaleGrads divides the gradients of ts by scale, and makes foundInf 1 where one is not finite, else 0: float32 numbers on
// their device.
func UnscaleGrads(ts []Handle, scale, foundInf Handle) error {
	p, n := list(ts)
	return check(C.fl_unscale_grads(p, n, scale, foundInf))
}

// ForeachMul multiplies every tensor by v, in place. Here and in the fused steps nothing changes where skip, a float32 number on
// their device or nil, is 1.
func ForeachMul(ts []Handle, v float64, skip Handle) error {
	p, n := list(ts)
	return check(C.fl_foreach_mul(p, n, C.double(v), skip))
}

// HasGrad tells for each tensor whether it has a gradient.
func HasGrad(ts []Handle) ([]bool, error) {
	out := make([]bool, len(ts))
	p, n := list(ts)
	err := check(C.fl_has_grad(p, n, (*C.char)(unsafe.Pointer(unsafe.SliceData(out)))))
	return out, err
}

// FusedAdamW adds one to the steps and makes one step of Adam with decoupled weight decay
// on parameters that all have a gradient.
func FusedAdamW(params, avgs, sqrs, steps []Handle, lr, beta1, beta2, wd, eps float64, skip Handle) error {
	p, n := list(params)
	a, _ := list(avgs)
	s, _ := list(sqrs)
	k, _ := list(steps)
	return check(C.fl_fused_adamw(p, a, s, k, n, C.double(lr), C.double(beta1), C.double(beta2), C.double(wd), C.double(eps), skip))
}

// FusedSGD makes one step of SGD on parameters that all have a gradient; bufs holds
// the momentum buffers, nil without momentum.
func FusedSGD(params, bufs []Handle, lr, momentum float64, skip Handle) error {
	p, n := list(params)
	b, _ := list(bufs)
	return check(C.fl_fused_sgd(p, b, n, C.double(lr), C.double(momentum), skip))
}

// AutocastState is what AutocastEnter found, for AutocastLeave.
type AutocastState struct {
	cuda         int
	enabled, typ C.int
}

// AutocastEnter turns the calling thread's autocast on or off for one kind of device.
func AutocastEnter(cuda int, enabled bool, dtype int) (AutocastState, error) {
	s := AutocastState{cuda: cuda}
	err := check(C.fl_autocast_enter(C.int(cuda), flag(enabled), C.int(dtype), &s.enabled, &s.typ))
	return s, err
}

// AutocastLeave restores what AutocastEnter found.
func AutocastLeave(s AutocastState) error {
	return check(C.fl_autocast_leave(C.int(s.cuda), s.enabled, s.typ))
}
