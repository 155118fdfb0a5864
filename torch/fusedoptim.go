package torch

import (
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// The steps of fastai's other optimizers, each one call for a whole list of parameters that all have
// gradients. None of them decays weights. steps holds one float32 element on the CPU for each parameter, to
// which a step adds 1. avgs are averages of the gradients, sqrs of their squares.

// ForeachL2_ adds wd·p to the gradient of every parameter p, in place.
func ForeachL2_(params []*Tensor, wd float64) {
	check(shim.ForeachL2(rawHandles(params), wd), "_foreach_add_")
	runtime.KeepAlive(params)
}

// StepRMSProp moves params by -lr·gradient/(√sqrs + eps), or with avgs, which are not nil, by their quotient.
func StepRMSProp(params, avgs, sqrs []*Tensor, lr, mom, sqrMom, eps float64) {
	check(shim.RMSProp(rawHandles(params), handlesOrNil(avgs), rawHandles(sqrs), lr, mom, sqrMom, eps), "rmsprop")
	runtime.KeepAlive([...][]*Tensor{params, avgs, sqrs})
}

// StepRAdam makes Adam's step with a rate that is corrected for the variance of the first
// steps' averages; while that can't be done, a step of the average alone. A beta other than
// 0 puts the denominator through a softplus.
func StepRAdam(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, eps, beta float64) {
	check(shim.RAdam(rawHandles(params), rawHandles(avgs), rawHandles(sqrs), rawHandles(steps), lr, mom, sqrMom, eps, beta), "radam")
	runtime.KeepAlive([...][]*Tensor{params, avgs, sqrs, steps})
}

// StepQHAdam makes Adam's step with parts 1-nu1 of the gradient and 1-nu2 of its square mixed into the averages.
func StepQHAdam(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, nu1, nu2, eps float64) {
	check(shim.QHAdam(rawHandles(params), rawHandles(avgs), rawHandles(sqrs), rawHandles(steps), lr, mom, sqrMom, nu1, nu2, eps), "qhadam")
	runtime.KeepAlive([...][]*Tensor{params, avgs, sqrs, steps})
}

// StepLamb makes Adam's step, scaled for each parameter by the quotient of its norm and the step's, at most 10.
func StepLamb(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, eps float64) {
	check(shim.Lamb(rawHandles(params), rawHandles(avgs), rawHandles(sqrs), rawHandles(steps), lr, mom, sqrMom, eps), "lamb")
	runtime.KeepAlive([...][]*Tensor{params, avgs, sqrs, steps})
}

// StepLarc makes a step of SGD, with momentum where avgs is not nil, at each parameter's own
// rate: lr·trust·‖p‖/(‖gradient‖ + wd·‖p‖ + eps), with clip at most lr.
func StepLarc(params, avgs []*Tensor, lr, mom, trust, wd, eps float64, clip bool) {
	check(shim.Larc(rawHandles(params), handlesOrNil(avgs), lr, mom, trust, wd, eps, clip), "larc")
	runtime.KeepAlive([...][]*Tensor{params, avgs})
}

// StepLookahead moves slow by the part alpha of the way to params, and params to slow.
func StepLookahead(params, slow []*Tensor, alpha float64) {
	check(shim.Lookahead(rawHandles(params), rawHandles(slow), alpha), "lookahead")
	runtime.KeepAlive([...][]*Tensor{params, slow})
}

// handlesOrNil passes nil on.
func handlesOrNil(ts []*Tensor) []shim.Handle {
	if ts == nil {
		return nil
	}
	return rawHandles(ts)
}
