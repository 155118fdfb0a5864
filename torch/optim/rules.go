package optim

import "github.com/fastlearn-go/fastlearn/torch"

// The names of state and hyperparameters are fastai's, as its checkpoints hold them.
const (
	gradAvg = "grad_avg"
	sqrAvg  = "sqr_avg"
	step    = "step"
)

// decay applies h's weight decay before a step (fastai's decouple_wd): to the parameters, which shrink by
// 1 - lr·wd, or with l2 to their gradients, to which wd·p is added.
func decay(params []*torch.Tensor, h Hypers, l2 bool, skip *torch.Tensor) {
	switch wd := h["wd"]; {
	case wd == 0:
	case l2:
		foreachL2(params, wd)
	default:
		foreachMul(params, 1-h["lr"]*wd, skip)
	}
}

// Adam is fastai's Adam: decoupled weight decay, debiased with the current
// momentum. Defaults: mom 0.9, sqr_mom 0.99, eps 1e-5, wd 0.01.
type Adam struct {
	L2 bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's Adam.
func (Adam) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.99, "eps": 1e-5, "wd": 0.01}
}

// Step makes one step.
func (r Adam) Step(params []*Param, h Hypers) { r.stepUnless(nil, params, h) }

func (r Adam) stepUnless(skip *torch.Tensor, params []*Param, h Hypers) {
	ts, wd := stepped(params, h), h["wd"]
	if r.L2 {
		decay(ts, h, true, nil)
		wd = 0
	}
	fusedAdamW(ts, state(params, gradAvg, false), state(params, sqrAvg, false),
		state(params, step, true), h["lr"], h["mom"], h["sqr_mom"], wd, h["eps"], skip)
}

// SGD is fastai's SGD with decoupled weight decay. Without Momentum the step is
// lr·gradient; with it, averages are kept and start at Momentum, and schedules may
// change it. Defaults: mom 0, wd 0.
type SGD struct {
	Momentum float64
	L2       bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's SGD.
func (r SGD) Defaults() Hypers { return Hypers{"lr": 1e-3, "mom": r.Momentum, "wd": 0} }

// Step makes one step.
func (r SGD) Step(params []*Param, h Hypers) { r.stepUnless(nil, params, h) }

func (r SGD) stepUnless(skip *torch.Tensor, params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, skip)
	if r.Momentum == 0 {
		fusedSGD(ts, nil, h["lr"], 0, skip)
		return
	}
	fusedSGD(ts, state(params, gradAvg, false), h["lr"], h["mom"], skip)
}
