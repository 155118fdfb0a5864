package optim

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ToPTH is the optimizer's state as fastai's state_dict holds it, but with hypers in a
// plain list, so that torch.load(weights_only=True) reads it too. Its tensors are the
// optimizer's own memory, see [torch.ToPTH]: a step before the file is written lands in the file.
func (o *Optimizer) ToPTH() (*pth.Dict, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	states, hypers := pth.NewList(), pth.NewList()
	for i, p := range o.Params() {
		entry := pth.NewDict()
		if p.NoDecay {
			entry.Set("do_wd", false)
		}
		if p.ForceTrain {
			entry.Set("force_train", true)
		}
		for _, name := range sortedKeys(p.State) {
			if name == slowWeights || name == lookCount {
				continue
			}
			if name == step {
				entry.Set(name, int64(p.State[name].Item()))
				continue
			}
			t, err := torch.ToPTH(p.State[name])
			if err != nil {
				return nil, fmt.Errorf("opt.state[%d].%s: %w", i, name, err)
			}
			entry.Set(name, t)
		}
		states.Items = append(states.Items, entry)
	}
	for _, g := range o.Groups {
		entry := pth.NewDict()
		for _, name := range sortedKeys(g.Hypers) {
			entry.Set(name, g.Hypers[name])
		}
		hypers.Items = append(hypers.Items, entry)
	}
	out := pth.NewDict()
	out.Set("state", states)
	out.Set("hypers", hypers)
	if _, ok := lookaheadOf(o.rule); ok {
		if err := o.setLookahead(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// LoadPTH replaces the optimizer's state and hyperparameters by those of a file, ours
// or fastai's. If they don't fit it changes nothing.
func (o *Optimizer) LoadPTH(f torch.Holder, d *pth.Dict) error {
	if err := guard.Given("optim: LoadPTH", f, d); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	states, ok1 := pth.Get[*pth.List](d, "state")
	hypers, ok2 := pth.Get[*pth.List](d, "hypers")
	params := o.Params()
	_, torchs := d.Get("param_groups")
	switch {
	case torchs && !ok2:
		return fmt.Errorf("the optimizer state is torch.optim's: FromTorch makes an optimizer of it")
	case !ok1 || !ok2:
		return fmt.Errorf("no optimizer state of fastai's: it lacks the lists state and hypers")
	case states.Len() != len(params):
		return fmt.Errorf("the optimizer state is of %d parameters, the model has %d", states.Len(), len(params))
	case hypers.Len() != len(o.Groups):
		return fmt.Errorf("the optimizer state is of %d parameter groups, the model has %d", hypers.Len(), len(o.Groups))
	}
	s := torch.NewScope() // frees what was read if anything fails
	defer s.Close()
	read := make([]Param, len(params))
	for i, p := range params {
		if err := readState(s, f, states.Items[i], p, &read[i]); err != nil {
			return fmt.Errorf("opt.state[%d]: %w", i, err)
		}
	}
	if _, ok := lookaheadOf(o.rule); ok {
		if err := readLookahead(s, f, d, params, read); err != nil {
			return err
		}
	}
	groups := make([]Hypers, len(o.Groups))
	for i := range groups {
		var err error
		if groups[i], err = o.readHypers(hypers.Items[i]); err != nil {
			return fmt.Errorf("opt.hypers[%d]: %w", i, err)
		}
	}
	o.ClearState()
	for i, p := range params {
		p.NoDecay, p.ForceTrain, p.State = read[i].NoDecay, read[i].ForceTrain, read[i].State
		for _, t := range p.State {
			t.Keep()
		}
	}
	for i, g := range o.Groups {
		g.Hypers = groups[i]
	}
	return nil
}

// readState reads what a file remembers of the parameter p.
func readState(s *torch.Scope, f torch.Holder, v any, p *Param, into *Param) error {
	d, ok := v.(*pth.Dict)
	if !ok {
		return fmt.Errorf("want a dict, got %T", v)
	}
	into.State = map[string]*torch.Tensor{}
	for k, v := range d.All() {
		name, _ := k.(string)
		if name == "local_lr" { // Larc's, which every step computes anew
			continue
		}
		switch v := v.(type) {
		case bool:
			switch name {
			case "do_wd":
				into.NoDecay = !v
			case "force_train":
				into.ForceTrain = v
			}
		case *pth.Tensor:
			t, err := torch.FromPTH(s, f, v)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if name == step && t.Numel() != 1 {
				return fmt.Errorf("%s has shape %v, want one number", name, t.Shape())
			}
			if name != step && !slices.Equal(t.Shape(), p.Shape()) {
				return fmt.Errorf("%s has shape %v, its parameter %v", name, t.Shape(), p.Shape())
			}
			to := []torch.Option{p.Device()}
			switch d := t.DType(); {
			case d == torch.Complex32 || d == torch.Complex64 || d == torch.Complex128:
				return fmt.Errorf("%s is of dtype %v, want real numbers", name, d)
			case name == step:
				to = append(to, torch.Float32)
			default: // a step works in its parameter's dtype
				to = append(to, p.DType())
			}
			// A copy: the state is written to at every step and must not hold the file.
			if err := torch.Try(func() { into.State[name] = t.To(to...).Clone() }); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		default:
			n, ok := pth.Float(v)
			if !ok {
				return fmt.Errorf("%s: want a tensor or a number, got %T", name, v)
			}
			into.State[name] = s.With(torch.Float32, p.Device()).Full(n)
		}
	}
	return nil
}

// readHypers reads a group's hyperparameters. What the rule lacks would be 0: the file is another rule's then.
func (o *Optimizer) readHypers(v any) (Hypers, error) {
	d, ok := v.(*pth.Dict)
	if !ok {
		return nil, fmt.Errorf("want a dict, got %T", v)
	}
	h := Hypers{}
	for k, v := range d.All() {
		name, _ := k.(string)
		n, ok := pth.Float(v)
		if name == "" || !ok {
			return nil, fmt.Errorf("%v: want a number, got %T", k, v)
		}
		if err := checkHyper(o.rule, name, n); err != nil {
			return nil, err
		}
		h[name] = n
	}
	for _, name := range sortedKeys(o.rule.Defaults()) {
		if _, ok := h[name]; !ok {
			return nil, fmt.Errorf("it lacks %s, which %s needs, and has %v: it is another optimizer's", name, Describe(o.rule), sortedKeys(h))
		}
	}
	return h, nil
}
