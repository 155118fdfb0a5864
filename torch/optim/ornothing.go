package optim

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// inPlace is a rule whose steps need no memory once the state is made: one fused call, which the device leaves out where skip, a
// float32 number there, is 1.
type inPlace interface {
	stepUnless(skip *torch.Tensor, params []*Param, h Hypers)
}

// inPlaceOf returns the rule if it is one of this package's that are in place, else nil. A custom rule that embeds one of them has its method, but
// also a Step of its own.
func inPlaceOf(rule Rule) inPlace {
	if w, ok := rule.(withDefaults); ok {
		rule = w.Rule
	}
	switch rule.(type) {
	case Adam, *Adam, SGD, *SGD:
		return rule.(inPlace)
	}
	return nil
}

// orNothing runs step, and where it fails puts parameters and state back to what they were: on a GPU there may be no memory for what a step
// computes after it has changed something. It copies them before, but for rules that are [inPlace].
func orNothing(rule Rule, params []*Param, step func()) {
	if inPlaceOf(rule) != nil || len(params) == 0 || !params[0].Device().IsCUDA() {
		step()
		return
	}
	s := torch.NewScope()
	defer s.Close()
	changing := map[torch.Device][]*torch.Tensor{}
	for _, p := range params {
		changing[p.Device()] = append(changing[p.Device()], p.Tensor)
		for _, name := range sortedKeys(p.State) {
			t := p.State[name]
			changing[t.Device()] = append(changing[t.Device()], t)
		}
	}
	copies := map[*torch.Tensor]*torch.Tensor{}
	torch.NoGrad(func() {
		for _, ts := range changing { // few launches for many tensors
			here := slices.Clone(ts)
			for i, t := range ts {
				if t.Scope() != nil { // of a family that isn't the copies'
					here[i] = t.In(s)
				}
			}
			for i, c := range torch.Call("aten::_foreach_mul.Scalar", s, here, 1)[0].([]*torch.Tensor) {
				copies[ts[i]] = c
			}
		}
	})
	before := make([]map[string]*torch.Tensor, len(params))
	for i, p := range params {
		before[i] = map[string]*torch.Tensor{}
		for name, t := range p.State {
			before[i][name] = copies[t]
		}
	}
	done := false
	defer func() {
		if done {
			return
		}
		for i, p := range params {
			torch.NoGrad(func() { p.Copy_(copies[p.Tensor]) })
			for name, t := range p.State {
				if c := before[i][name]; c != nil {
					t.Copy_(c)
				} else {
					t.Close()
					delete(p.State, name)
				}
			}
		}
	}()
	step()
	done = true
}
