package optim

import "github.com/fastlearn-go/fastlearn/torch"

// RMSProp divides each gradient by the root of its mean square (fastai's RMSProp, after Hinton's lecture 6e):
//
//	v ← sqr_mom·v + (1-sqr_mom)·g²
//	p ← p - lr·g/(√v + eps)
//
// With Momentum, g in the second line is the average m ← mom·m + g, which starts at Momentum and which schedules may
// change. Defaults: mom 0, sqr_mom 0.99, eps 1e-8, wd 0. (In fastai an eps passed to RMSProp is lost; here it counts.)
type RMSProp struct {
	Momentum float64
	L2       bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's RMSProp.
func (r RMSProp) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": r.Momentum, "sqr_mom": 0.99, "eps": 1e-8, "wd": 0}
}

// Step makes one step.
func (r RMSProp) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, nil)
	var avgs []*torch.Tensor
	if r.Momentum != 0 {
		avgs = state(params, gradAvg, false)
	}
	stepRMSProp(ts, avgs, state(params, sqrAvg, false), h["lr"], h["mom"], h["sqr_mom"], h["eps"])
}
