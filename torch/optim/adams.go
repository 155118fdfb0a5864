package optim

// What follows are Adam's descendants. Each keeps the averages
//
//	m ← mom·m + (1-mom)·g,  v ← sqr_mom·v + (1-sqr_mom)·g²
//
// and debiases them by the count t of steps and the current momenta: m̂ = m/(1-momᵗ), v̂ = v/(1-sqr_momᵗ).

// RAdam is Adam with the rate of its first steps corrected (fastai's RAdam, after Liu et al., "On the Variance
// of the Adaptive Learning Rate and Beyond", arXiv 1908.03265): with r∞ = 2/(1-sqr_mom) - 1 and
// r = r∞ - 2t·sqr_momᵗ/(1-sqr_momᵗ),
//
//	p ← p - lr·m̂                   while r ≤ 5
//	p ← p - lr·c·m̂/(√v̂ + eps)      after that, c² = (r-4)(r-2)r∞ / ((r∞-4)(r∞-2)r)
//
// The hyperparameter beta, if it isn't 0, puts the denominator through softplus(·, beta), which is SAdam. Defaults:
// mom 0.9, sqr_mom 0.99, eps 1e-5, wd 0, beta 0.
type RAdam struct {
	L2 bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's RAdam.
func (RAdam) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.99, "eps": 1e-5, "wd": 0, "beta": 0}
}

// Step makes one step.
func (r RAdam) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, nil)
	stepRAdam(ts, state(params, gradAvg, false), state(params, sqrAvg, false), counts(params),
		h["lr"], h["mom"], h["sqr_mom"], h["eps"], h["beta"])
}

// QHAdam mixes the gradient itself into Adam's averages (fastai's QHAdam, after Ma and Yarats, "Quasi-hyperbolic
// momentum and Adam for deep learning", arXiv 1810.06801):
//
//	p ← p - lr·((1-nu_1)·g + nu_1·m̂) / (√((1-nu_2)·g² + nu_2·v̂) + eps)
//
// Defaults: mom 0.999, sqr_mom 0.999, nu_1 0.7, nu_2 1, eps 1e-8, wd 0.
type QHAdam struct {
	L2 bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's QHAdam.
func (QHAdam) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": 0.999, "sqr_mom": 0.999, "nu_1": 0.7, "nu_2": 1, "eps": 1e-8, "wd": 0}
}

// Step makes one step.
func (r QHAdam) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, nil)
	stepQHAdam(ts, state(params, gradAvg, false), state(params, sqrAvg, false), counts(params),
		h["lr"], h["mom"], h["sqr_mom"], h["nu_1"], h["nu_2"], h["eps"])
}

// Lamb scales Adam's step for each parameter by how large the parameter is (fastai's Lamb, after You et al., "Large
// Batch Optimization for Deep Learning", arXiv 1904.00962):
//
//	s = m̂/(√v̂ + eps),  p ← p - lr·min(‖p‖/‖s‖, 10)·s
//
// where the quotient is 1 if one of the norms is 0. Defaults: mom 0.9, sqr_mom 0.99, eps 1e-5, wd 0.
type Lamb struct {
	L2 bool // weight decay goes through the gradients (fastai's decouple_wd=False)
}

// Defaults of fastai's Lamb.
func (Lamb) Defaults() Hypers {
	return Hypers{"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.99, "eps": 1e-5, "wd": 0}
}

// Step makes one step.
func (r Lamb) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	decay(ts, h, r.L2, nil)
	stepLamb(ts, state(params, gradAvg, false), state(params, sqrAvg, false), counts(params),
		h["lr"], h["mom"], h["sqr_mom"], h["eps"])
}
