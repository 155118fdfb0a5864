package optim

import "github.com/fastlearn-go/fastlearn/torch"

// Larc is SGD with a rate for each parameter (fastai's Larc, after You et al., "Large Batch Training of
// Convolutional Networks", arXiv 1708.03888):
//
//	m ← mom·m + g
//	r = lr·trust_coeff·‖p‖ / (‖g‖ + wd·‖p‖ + eps),  p ← p - min(r, lr)·m
//
// The group's wd counts in r also for parameters that are not decayed, as in fastai. Defaults: mom 0.9,
// trust_coeff 0.02, eps 1e-8, wd 0.
type Larc struct {
	NoMomentum bool // steps by the gradient itself and keeps no averages (fastai's mom=0)
	NoClip     bool // a rate may be larger than lr, which is LARS (fastai's clip=False)
	L2         bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's Larc.
func (r Larc) Defaults() Hypers {
	h := Hypers{"lr": 1e-3, "mom": 0.9, "trust_coeff": 0.02, "eps": 1e-8, "wd": 0}
	if r.NoMomentum {
		h["mom"] = 0
	}
	return h
}

// Step makes one step.
func (r Larc) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, nil)
	var avgs []*torch.Tensor
	if !r.NoMomentum {
		avgs = state(params, gradAvg, false)
	}
	wd := h["wd"]
	if g := params[0].group; g != nil {
		wd = g.Hypers["wd"]
	}
	stepLarc(ts, avgs, h["lr"], h["mom"], h["trust_coeff"], wd, h["eps"], !r.NoClip)
}
