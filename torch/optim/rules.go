package optim

import "github.com/fastlearn-go/fastlearn/torch"

// The names of state and hyperparameters are fastai's, as its checkpoints hold them.
const (
	gradAvg = "grad_avg"
	sqrAvg  = "sqr_avg"
	step    = "step"
)

// Adam is fastai's Adam: decoupled weight decay, debiased with the current
// momentum. Defaults: mom 0.9, sqr_mom 0.99, eps 1e-5, wd 0.01.
type Adam struct{}

// Defaults of fastai's Adam.
func (Adam) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.99, "eps": 1e-5, "wd": 0.01}
}

// Step makes one step.
func (Adam) Step(params []*Param, h Hypers) {
	torch.FusedAdamW(tensorsOf(params), state(params, gradAvg, false), state(params, sqrAvg, false),
		state(params, step, true), h["lr"], h["mom"], h["sqr_mom"], h["wd"], h["eps"])
}

// SGD is fastai's SGD with decoupled weight decay. Without Momentum the step is
// lr·gradient; with it, averages are kept and start at Momentum, and schedules may
// change it. Defaults: mom 0, wd 0.
type SGD struct{ Momentum float64 }

// Defaults of fastai's SGD.
func (r SGD) Defaults() Hypers { return Hypers{"lr": 1e-3, "mom": r.Momentum, "wd": 0} }

// Step makes one step.
func (r SGD) Step(params []*Param, h Hypers) {
	ts := tensorsOf(params)
	if wd := h["wd"]; wd != 0 {
		torch.ForeachMul_(ts, 1-h["lr"]*wd)
	}
	if r.Momentum == 0 {
		torch.FusedSGD(ts, nil, h["lr"], 0)
		return
	}
	torch.FusedSGD(ts, state(params, gradAvg, false), h["lr"], h["mom"])
}
