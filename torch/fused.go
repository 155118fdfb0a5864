package torch

import (
	"fmt"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// The fused steps work on whole lists of parameters in one call, and record no gradients. Each parameter must have a
// gradient. A list of state has an element for each parameter, of its shape, dtype, device and strides; steps have a float32
// number for each, on the CPU, or on the parameter's device for FusedAdamW. Lists that don't fit are refused before
// anything is changed; without parameters nothing is done.

func rawHandles(ts []*Tensor) []shim.Handle {
	hs := make([]shim.Handle, len(ts))
	for i, t := range ts {
		hs[i] = t.handle()
	}
	return hs
}

// state is a list of tensors that belong to a step's parameters.
type state struct {
	name     string
	ts       []*Tensor
	optional bool // the step does without it where it is nil
}

// onLists has run make the step op on the handles of the parameters and of what belongs to them. C++ is given lists of one
// length alone.
func onLists(op string, params []*Tensor, run func(params []shim.Handle, of [3][]shim.Handle) error, all ...state) {
	var hs [3][]shim.Handle
	for i, s := range all {
		if s.optional && s.ts == nil {
			continue
		}
		if len(s.ts) != len(params) {
			fail(op, fmt.Sprintf("%d %s for %d parameters", len(s.ts), s.name, len(params)))
		}
		hs[i] = rawHandles(s.ts)
	}
	if len(params) > 0 {
		check(run(rawHandles(params), hs), op)
	}
	runtime.KeepAlive(params)
	runtime.KeepAlive(all)
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
// gradients and of their squares, and moves params by lr.
func FusedAdamW(params, gradAvgs, sqrAvgs, steps []*Tensor, lr, beta1, beta2, weightDecay, eps float64) {
	onLists("_fused_adamw_", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.FusedAdamW(p, of[0], of[1], of[2], lr, beta1, beta2, weightDecay, eps)
	}, averages(gradAvgs), squares(sqrAvgs), counts(steps))
}

// FusedSGD makes one step of SGD (torch._fused_sgd_): momentum buffers become
// momentum·buffer + gradient, params move by -lr·buffer. Without momentum, buffers is nil.
func FusedSGD(params, buffers []*Tensor, lr, momentum float64) {
	onLists("_fused_sgd_", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.FusedSGD(p, of[0], lr, momentum)
	}, state{name: "buffers", ts: buffers, optional: true})
}

// ForeachMul_ multiplies every tensor by v, in place and in one call, without recording gradients.
func ForeachMul_(ts []*Tensor, v float64) {
	onLists("_foreach_mul_", ts, func(p []shim.Handle, _ [3][]shim.Handle) error { return shim.ForeachMul(p, v) })
}

func averages(ts []*Tensor) state { return state{name: "averages", ts: ts} }
func squares(ts []*Tensor) state  { return state{name: "averages of squares", ts: ts} }
func counts(ts []*Tensor) state   { return state{name: "steps", ts: ts} }

// momentum is averages that a step does without where they are nil.
func momentum(ts []*Tensor) state { return state{name: "averages", ts: ts, optional: true} }
