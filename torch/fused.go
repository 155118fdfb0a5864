package torch

import (
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// The fused steps work on whole lists of parameters, each of which has a gradient,
// in one call. They record no gradients.

func rawHandles(ts []*Tensor) []shim.Handle {
	hs := make([]shim.Handle, len(ts))
	for i, t := range ts {
		hs[i] = t.handle()
	}
	return hs
}

// HasGrad tells for each tensor whether it has a gradient.
func HasGrad(ts []*Tensor) []bool {
	has, err := shim.HasGrad(rawHandles(ts))
	check(err, "has_grad")
	runtime.KeepAlive(ts)
	return has
}

// UnscaleGrads divides the gradients of ts, where there are any, by scale, and tells whether
// one of them was infinite or no number.
func UnscaleGrads(ts []*Tensor, scale float64) (foundInf bool) {
	found, err := shim.UnscaleGrads(rawHandles(ts), 1/scale)
	check(err, "unscale")
	runtime.KeepAlive(ts)
	return found
}

// FusedAdamW makes one step of Adam with decoupled weight decay
// (torch._fused_adamw_): decays params, adds 1 to steps, updates the averages of the
// gradients and of their squares, and moves params by lr. steps holds one float32
// element for each parameter.
func FusedAdamW(params, gradAvgs, sqrAvgs, steps []*Tensor, lr, beta1, beta2, weightDecay, eps float64) {
	check(shim.FusedAdamW(rawHandles(params), rawHandles(gradAvgs), rawHandles(sqrAvgs), rawHandles(steps),
		lr, beta1, beta2, weightDecay, eps), "_fused_adamw_")
	runtime.KeepAlive([...][]*Tensor{params, gradAvgs, sqrAvgs, steps})
}

// FusedSGD makes one step of SGD (torch._fused_sgd_): momentum buffers become
// momentum·buffer + gradient, params move by -lr·buffer. Without momentum, buffers is nil.
func FusedSGD(params, buffers []*Tensor, lr, momentum float64) {
	var bufs []shim.Handle
	if buffers != nil {
		bufs = rawHandles(buffers)
	}
	check(shim.FusedSGD(rawHandles(params), bufs, lr, momentum), "_fused_sgd_")
	runtime.KeepAlive([...][]*Tensor{params, buffers})
}

// ForeachMul_ multiplies every tensor by v, in place and in one call, without recording gradients.
func ForeachMul_(ts []*Tensor, v float64) {
	check(shim.ForeachMul(rawHandles(ts), v), "_foreach_mul_")
	runtime.KeepAlive(ts)
}
