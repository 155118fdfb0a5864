package torch

import "github.com/fastlearn-go/fastlearn/torch/internal/shim"

// The steps of fastai's other optimizers. None of them decays weights. A step adds 1 to steps. avgs are averages of
// the gradients, sqrs of their squares.

// ForeachL2_ adds wd·p to the gradient of every parameter p, in place.
func ForeachL2_(params []*Tensor, wd float64) {
	onLists("_foreach_add_", params, func(p []shim.Handle, _ [3][]shim.Handle) error { return shim.ForeachL2(p, wd) })
}

// StepRMSProp moves params by -lr·gradient/(√sqrs + eps), or with avgs, which are not nil, by their quotient.
func StepRMSProp(params, avgs, sqrs []*Tensor, lr, mom, sqrMom, eps float64) {
	onLists("rmsprop", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.RMSProp(p, of[0], of[1], lr, mom, sqrMom, eps)
	}, momentum(avgs), squares(sqrs))
}

// StepRAdam makes Adam's step with a rate that is corrected for the variance of the first
// steps' averages; while that can't be done, a step of the average alone. A beta other than
// 0 puts the denominator through a softplus.
func StepRAdam(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, eps, beta float64) {
	onLists("radam", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.RAdam(p, of[0], of[1], of[2], lr, mom, sqrMom, eps, beta)
	}, averages(avgs), squares(sqrs), counts(steps))
}

// StepQHAdam makes Adam's step with parts 1-nu1 of the gradient and 1-nu2 of its square mixed into the averages.
func StepQHAdam(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, nu1, nu2, eps float64) {
	onLists("qhadam", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.QHAdam(p, of[0], of[1], of[2], lr, mom, sqrMom, nu1, nu2, eps)
	}, averages(avgs), squares(sqrs), counts(steps))
}

// StepLamb makes Adam's step, scaled for each parameter by the quotient of its norm and the step's, at most 10.
func StepLamb(params, avgs, sqrs, steps []*Tensor, lr, mom, sqrMom, eps float64) {
	onLists("lamb", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Lamb(p, of[0], of[1], of[2], lr, mom, sqrMom, eps)
	}, averages(avgs), squares(sqrs), counts(steps))
}

// StepLarc makes a step of SGD, with momentum where avgs is not nil, at each parameter's own
// rate: lr·trust·‖p‖/(‖gradient‖ + wd·‖p‖ + eps), with clip at most lr.
func StepLarc(params, avgs []*Tensor, lr, mom, trust, wd, eps float64, clip bool) {
	onLists("larc", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Larc(p, of[0], lr, mom, trust, wd, eps, clip)
	}, momentum(avgs))
}

// StepLookahead moves slow by the part alpha of the way to params, and params to slow.
func StepLookahead(params, slow []*Tensor, alpha float64) {
	onLists("lookahead", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Lookahead(p, of[0], alpha)
	}, state{name: "slow copies", ts: slow})
}
