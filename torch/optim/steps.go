package optim

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// The steps of fastai's other optimizers. None of them decays weights. A step adds 1 to steps. avgs are averages of
// the gradients, sqrs of their squares.

// foreachL2 adds wd·p to the gradient of every parameter p, in place.
func foreachL2(params []*torch.Tensor, wd float64) {
	onLists("_foreach_add_", params, func(p []shim.Handle, _ [3][]shim.Handle) error { return shim.ForeachL2(p, wd) })
}

// stepRMSProp moves params by -lr·gradient/(√sqrs + eps), or with avgs, which are not nil, by their quotient.
func stepRMSProp(params, avgs, sqrs []*torch.Tensor, lr, mom, sqrMom, eps float64) {
	onLists("rmsprop", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.RMSProp(p, of[0], of[1], lr, mom, sqrMom, eps)
	}, momentum(avgs), squares(sqrs))
}

// stepRAdam makes Adam's step with a rate that is corrected for the variance of the first
// steps' averages; while that can't be done, a step of the average alone. A beta other than
// 0 puts the denominator through a softplus.
func stepRAdam(params, avgs, sqrs, steps []*torch.Tensor, lr, mom, sqrMom, eps, beta float64) {
	onLists("radam", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.RAdam(p, of[0], of[1], of[2], lr, mom, sqrMom, eps, beta)
	}, averages(avgs), squares(sqrs), stepCounts(steps))
}

// stepQHAdam makes Adam's step with parts 1-nu1 of the gradient and 1-nu2 of its square mixed into the averages.
func stepQHAdam(params, avgs, sqrs, steps []*torch.Tensor, lr, mom, sqrMom, nu1, nu2, eps float64) {
	onLists("qhadam", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.QHAdam(p, of[0], of[1], of[2], lr, mom, sqrMom, nu1, nu2, eps)
	}, averages(avgs), squares(sqrs), stepCounts(steps))
}

// stepLamb makes Adam's step, scaled for each parameter by the quotient of its norm and the step's, at most 10.
func stepLamb(params, avgs, sqrs, steps []*torch.Tensor, lr, mom, sqrMom, eps float64) {
	onLists("lamb", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Lamb(p, of[0], of[1], of[2], lr, mom, sqrMom, eps)
	}, averages(avgs), squares(sqrs), stepCounts(steps))
}

// stepLarc makes a step of SGD, with momentum where avgs is not nil, at each parameter's own
// rate: lr·trust·‖p‖/(‖gradient‖ + wd·‖p‖ + eps), with clip at most lr.
func stepLarc(params, avgs []*torch.Tensor, lr, mom, trust, wd, eps float64, clip bool) {
	onLists("larc", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Larc(p, of[0], lr, mom, trust, wd, eps, clip)
	}, momentum(avgs))
}

// stepLookahead moves slow by the part alpha of the way to params, and params to slow.
func stepLookahead(params, slow []*torch.Tensor, alpha float64) {
	onLists("lookahead", params, func(p []shim.Handle, of [3][]shim.Handle) error {
		return shim.Lookahead(p, of[0], alpha)
	}, list{name: "slow copies", ts: slow})
}
