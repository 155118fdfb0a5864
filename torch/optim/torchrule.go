package optim

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// A torchRule is the step of an optimizer of torch.optim, whose state keeps PyTorch's names. Its options are hyperparameters, for they
// belong to a group: flags are 0 or 1.
type torchRule struct {
	kind string // a key of torchKinds
}

// The names of torch.optim's state, beside step.
const (
	expAvg         = "exp_avg"
	expAvgSq       = "exp_avg_sq"
	maxExpAvgSq    = "max_exp_avg_sq"
	momentumBuffer = "momentum_buffer"
	squareAvg      = "square_avg"
)

// torchKinds are the optimizers of torch.optim that are known, with the defaults of their hyperparameters.
var torchKinds = map[string]Hypers{
	"Adam":    {"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.999, "eps": 1e-8, "wd": 0, "amsgrad": 0, "maximize": 0},
	"AdamW":   {"lr": 1e-3, "mom": 0.9, "sqr_mom": 0.999, "eps": 1e-8, "wd": 0.01, "amsgrad": 0, "maximize": 0},
	"SGD":     {"lr": 1e-3, "mom": 0, "dampening": 0, "wd": 0, "nesterov": 0, "maximize": 0},
	"RMSprop": {"lr": 0.01, "mom": 0, "sqr_mom": 0.99, "eps": 1e-8, "wd": 0, "centered": 0, "maximize": 0},
}

// Identity names the rule in checkpoints.
func (r torchRule) Identity() string { return "torch.optim." + r.kind }

// Defaults are torch.optim's.
func (r torchRule) Defaults() Hypers {
	h := Hypers{}
	for name, v := range torchKinds[r.kind] {
		h[name] = v
	}
	return h
}

// Step makes one step, as torch.optim does.
func (r torchRule) Step(params []*Param, h Hypers) {
	ts := stepped(params, h)
	if r.kind == "AdamW" && h["amsgrad"] == 0 && h["maximize"] == 0 {
		fusedAdamW(ts, state(params, expAvg, false), state(params, expAvgSq, false), state(params, step, true),
			h["lr"], h["mom"], h["sqr_mom"], h["wd"], h["eps"], nil)
		return
	}
	torch.NoGrad(func() {
		for _, p := range params {
			r.one(p, h)
		}
	})
}

// one makes the step of one parameter.
func (r torchRule) one(p *Param, h Hypers) {
	s := torch.NewScope()
	defer s.Close()
	in := func(t *torch.Tensor) *torch.Tensor { return t.Detach().MoveTo(s) } // the same numbers, freed with s
	keep := func(name string) *torch.Tensor { return in(state([]*Param{p}, name, false)[0]) }
	w, g := in(p.Tensor), p.Grad().MoveTo(s)
	if h["maximize"] != 0 {
		g = g.Neg()
	}
	switch wd := h["wd"]; {
	case wd == 0:
	case r.kind == "AdamW":
		w.MulScalar_(1 - h["lr"]*wd)
	default:
		g = g.Add(w.MulScalar(wd))
	}
	rate := h["lr"]
	switch r.kind {
	case "RMSprop":
		countStep(p)
		v := keep(squareAvg).MulScalar_(h["sqr_mom"]).Add_(g.Square().MulScalar(1 - h["sqr_mom"]))
		if h["centered"] != 0 {
			v = v.Sub(keep(gradAvg).LerpScalar_(g, 1-h["sqr_mom"]).Square())
		}
		g = g.Div(v.Sqrt().AddScalar(h["eps"]))
	case "Adam", "AdamW":
		n := countStep(p)
		m := keep(expAvg).LerpScalar_(g, 1-h["mom"])
		v := keep(expAvgSq).MulScalar_(h["sqr_mom"]).Add_(g.Square().MulScalar(1 - h["sqr_mom"]))
		if h["amsgrad"] != 0 {
			most := keep(maxExpAvgSq)
			v = most.Copy_(most.Maximum(v))
		}
		g = m.Div(v.Sqrt().DivScalar(math.Sqrt(1 - math.Pow(h["sqr_mom"], n))).AddScalar(h["eps"]))
		rate /= 1 - math.Pow(h["mom"], n)
	}
	if mom := h["mom"]; mom != 0 && (r.kind == "SGD" || r.kind == "RMSprop") {
		_, begun := p.State[momentumBuffer]
		buffer := keep(momentumBuffer)
		if begun || r.kind == "RMSprop" {
			buffer.MulScalar_(mom).Add_(g.MulScalar(1 - h["dampening"]))
		} else {
			buffer.Copy_(g)
		}
		if h["nesterov"] != 0 {
			g = g.Add(buffer.MulScalar(mom))
		} else {
			g = buffer
		}
	}
	w.Sub_(g.MulScalar(rate))
}

// countStep adds 1 to the count of a parameter's steps and returns it.
func countStep(p *Param) float64 { return counts([]*Param{p})[0].AddScalar_(1).Item() }
