package optim

import (
	"fmt"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// The fused steps work on whole lists of parameters in one call, and record no gradients. Each parameter must have a
// gradient. A list of state has an element for each parameter, of its shape, dtype, device and strides; steps have a float32
// number for each, on the CPU, or on the parameter's device for fusedAdamW. Lists that don't fit are refused before
// anything is changed; without parameters nothing is done. Where skip, a float32 number on the parameters' device or nil, is 1,
// the device changes nothing.

func handles(ts []*torch.Tensor) []shim.Handle {
	hs := make([]shim.Handle, len(ts))
	for i, t := range ts {
		hs[i] = shim.Handle(t.Handle())
	}
	return hs
}

// list is a list of tensors that belong to a step's parameters.
type list struct {
	name     string
	ts       []*torch.Tensor
	optional bool // the step does without it where it is nil
}

// onLists has run make the step op on the handles of the parameters and of what belongs to them. C++ is given lists of one
// length alone.
func onLists(op string, params []*torch.Tensor, run func(params []shim.Handle, of [3][]shim.Handle) error, all ...list) {
	var hs [3][]shim.Handle
	for i, s := range all {
		if s.optional && s.ts == nil {
			continue
		}
		if len(s.ts) != len(params) {
			panic(&torch.Error{Op: op, Msg: fmt.Sprintf("%d %s for %d parameters", len(s.ts), s.name, len(params))})
		}
		hs[i] = handles(s.ts)
	}
	if len(params) > 0 {
		refuse(op, run(handles(params), hs))
	}
	runtime.KeepAlive(params)
	runtime.KeepAlive(all)
}

// hasGrad tells for each tensor whether it has a gradient.
func hasGrad(ts []*torch.Tensor) []bool {
	has, err := shim.HasGrad(handles(ts))
	refuse("has_grad", err)
	runtime.KeepAlive(ts)
	return has
}

// unscaleGrads divides the gradients of ts, where there are any, by scale, and makes foundInf 1 if
// one of them was infinite or no number, else 0: float32 numbers on the device of ts.
func unscaleGrads(ts []*torch.Tensor, scale, foundInf *torch.Tensor) {
	refuse("unscale", shim.UnscaleGrads(handles(ts), handleOf(scale), handleOf(foundInf)))
	runtime.KeepAlive(ts)
	runtime.KeepAlive(scale)
	runtime.KeepAlive(foundInf)
}

// handleOf is the handle of a tensor, nil for none.
func handleOf(t *torch.Tensor) shim.Handle {
	if t == nil {
		return nil
	}
	return shim.Handle(t.Handle())
}

// fusedAdamW makes one step of Adam with decoupled weight decay
// (torch._fused_adamw_): decays params, adds 1 to steps, updates the averages of the
// gradients and of their squares, and moves params by lr.
func fusedAdamW(params, gradAvgs, sqrAvgs, steps []*torch.Tensor, lr, beta1, beta2, weightDecay, eps float64, skip *torch.Tensor) {
	onLists("_fused_adamw_", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.FusedAdamW(p, of[0], of[1], of[2], lr, beta1, beta2, weightDecay, eps, handleOf(skip))
	}, averages(gradAvgs), squares(sqrAvgs), stepCounts(steps))
	runtime.KeepAlive(skip)
}

// fusedSGD makes one step of SGD (torch._fused_sgd_): momentum buffers become
// momentum·buffer + gradient, params move by -lr·buffer. Without momentum, buffers is nil.
func fusedSGD(params, buffers []*torch.Tensor, lr, momentum float64, skip *torch.Tensor) {
	onLists("_fused_sgd_", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.FusedSGD(p, of[0], lr, momentum, handleOf(skip))
	}, list{name: "buffers", ts: buffers, optional: true})
	runtime.KeepAlive(skip)
}

// foreachMul multiplies every tensor by v, in place and in one call, without recording gradients.
func foreachMul(ts []*torch.Tensor, v float64, skip *torch.Tensor) {
	onLists("_foreach_mul_", ts, func(p []shim.Handle, _ [3][]shim.Handle) error { return shim.ForeachMul(p, v, handleOf(skip)) })
	runtime.KeepAlive(skip)
}

func averages(ts []*torch.Tensor) list   { return list{name: "averages", ts: ts} }
func squares(ts []*torch.Tensor) list    { return list{name: "averages of squares", ts: ts} }
func stepCounts(ts []*torch.Tensor) list { return list{name: "steps", ts: ts} }

// momentum is averages that a step does without where they are nil.
func momentum(ts []*torch.Tensor) list { return list{name: "averages", ts: ts, optional: true} }
