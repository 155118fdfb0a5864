package shim

// #include "shim.h"
import "C"

// The steps below work on parameters that all have a gradient. Averages may be nil where that is said;
// steps hold one float32 on the host for each parameter, to which they add 1.

// ForeachL2 adds wd times each parameter to its gradient.
func ForeachL2(params []Handle, wd float64) error {
	p, n := list(params)
	return check(C.fl_foreach_l2(p, n, C.double(wd)))
}

// RMSProp makes one step; avgs is nil without momentum.
func RMSProp(params, avgs, sqrs []Handle, lr, mom, sqrMom, eps float64) error {
	p, n := list(params)
	a, _ := list(avgs)
	s, _ := list(sqrs)
	return check(C.fl_rmsprop(p, a, s, n, C.double(lr), C.double(mom), C.double(sqrMom), C.double(eps)))
}

// RAdam makes one step.
func RAdam(params, avgs, sqrs, steps []Handle, lr, mom, sqrMom, eps, beta float64) error {
	p, n := list(params)
	a, _ := list(avgs)
	s, _ := list(sqrs)
	k, _ := list(steps)
	return check(C.fl_radam(p, a, s, k, n, C.double(lr), C.double(mom), C.double(sqrMom), C.double(eps), C.double(beta)))
}

// QHAdam makes one step.
func QHAdam(params, avgs, sqrs, steps []Handle, lr, mom, sqrMom, nu1, nu2, eps float64) error {
	p, n := list(params)
	a, _ := list(avgs)
	s, _ := list(sqrs)
	k, _ := list(steps)
	return check(C.fl_qhadam(p, a, s, k, n, C.double(lr), C.double(mom), C.double(sqrMom), C.double(nu1), C.double(nu2), C.double(eps)))
}

// Lamb makes one step.
func Lamb(params, avgs, sqrs, steps []Handle, lr, mom, sqrMom, eps float64) error {
	p, n := list(params)
	a, _ := list(avgs)
	s, _ := list(sqrs)
	k, _ := list(steps)
	return check(C.fl_lamb(p, a, s, k, n, C.double(lr), C.double(mom), C.double(sqrMom), C.double(eps)))
}

// Larc makes one step; avgs is nil without momentum.
func Larc(params, avgs []Handle, lr, mom, trust, wd, eps float64, clip bool) error {
	p, n := list(params)
	a, _ := list(avgs)
	return check(C.fl_larc(p, a, n, C.double(lr), C.double(mom), C.double(trust), C.double(wd), C.double(eps), flag(clip)))
}

// Lookahead moves slow by alpha towards params, and params to slow.
func Lookahead(params, slow []Handle, alpha float64) error {
	p, n := list(params)
	s, _ := list(slow)
	return check(C.fl_lookahead(p, s, n, C.double(alpha)))
}
