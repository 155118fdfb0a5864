package optim

import "github.com/fastlearn-go/fastlearn/torch"

// stateful is a rule of this package, whose state is made before any step is taken: there may be no memory for it.
type stateful interface {
	// makeState makes what a parameter's state lacks.
	makeState(p *Param)
}

func makeState(rule Rule, params []*Param) {
	if look, ok := lookaheadOf(rule); ok {
		rule = look.Rule
	}
	if w, ok := rule.(withDefaults); ok {
		rule = w.Rule
	}
	if r, ok := rule.(stateful); ok {
		for _, p := range params {
			r.makeState(p)
		}
	}
}

func (Adam) makeState(p *Param) {
	p.makeAverages()
	p.kept(step, true)
}

func (r SGD) makeState(p *Param) {
	if r.Momentum != 0 {
		p.kept(gradAvg, false)
	}
}

func (r RMSProp) makeState(p *Param) {
	if r.Momentum != 0 {
		p.kept(gradAvg, false)
	}
	p.kept(sqrAvg, false)
}

func (r Larc) makeState(p *Param) {
	if !r.NoMomentum {
		p.kept(gradAvg, false)
	}
}

func (RAdam) makeState(p *Param)  { p.makeAverages() }
func (QHAdam) makeState(p *Param) { p.makeAverages() }
func (Lamb) makeState(p *Param)   { p.makeAverages() }

func (p *Param) makeAverages() {
	p.kept(gradAvg, false)
	p.kept(sqrAvg, false)
}

// kept returns a tensor of the parameter's state, made as zeros where it is missing: like the parameter, or a float32 scalar
// on its device.
func (p *Param) kept(name string, scalar bool) *torch.Tensor {
	t, ok := p.State[name]
	if !ok {
		var own *torch.Scope
		if scalar {
			t = own.With(torch.Float32, p.Device()).Zeros().Keep()
		} else {
			t = torch.ZerosLike(p.Tensor).Keep()
		}
		p.State[name] = t
	}
	return t
}

// counts returns each parameter's count of steps, float32 on the CPU, where it is read without waiting for a
// GPU; it is made as 0 where it is missing, and moved where it was read from a file or comes from [Adam].
func counts(params []*Param) []*torch.Tensor {
	ts := make([]*torch.Tensor, len(params))
	var own *torch.Scope
	for i, p := range params {
		t, ok := p.State[step]
		switch {
		case !ok:
			p.State[step] = own.With(torch.Float32, torch.CPU).Zeros().Keep()
		case t.Device() != torch.CPU || t.DType() != torch.Float32:
			p.State[step] = own.With(torch.Float32, torch.CPU).Full(t.Item()).Keep()
			t.Close()
		}
		ts[i] = p.State[step]
	}
	return ts
}

// state returns one state tensor of each parameter, made as zeros where it is
// missing: like the parameter, or a float32 scalar on its device. The fused steps
// go through memory from end to end, so a state that was read from a file, or
// made before the parameter got another memory format, is laid out like the parameter.
func state(params []*Param, name string, scalar bool) []*torch.Tensor {
	ts := make([]*torch.Tensor, len(params))
	for i, p := range params {
		t := p.kept(name, scalar)
		if !scalar && !t.SameLayout(p.Tensor) {
			like := torch.ZerosLike(p.Tensor).Keep()
			like.Copy_(t)
			t.Assign(like)
		}
		ts[i] = t
	}
	return ts
}
