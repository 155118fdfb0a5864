package optim

import (
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// ToTorch is the optimizer's state as torch.optim's load_state_dict takes it: of AdamW for [Adam], of Adam for Adam{L2: true}, of SGD and
// RMSprop for [SGD] and [RMSProp] with L2 or without decay, and of its own kind for one that [FromTorch] made. What torch.optim can't
// do is an error: other rules, a decoupled decay in SGD and RMSprop, fastai's momentum in RMSprop, parameters of a group that decays
// which aren't decayed. Its tensors are the optimizer's own memory, see [torch.ToPTH].
func (o *Optimizer) ToTorch() (*pth.Dict, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	kind, names, err := o.torchForm()
	if err != nil {
		return nil, fmt.Errorf("optim: ToTorch: %w", err)
	}
	ours, err := o.ToPTH()
	if err != nil {
		return nil, err
	}
	list, _ := pth.Get[*pth.List](ours, "state")
	states, groups := pth.NewDict(), pth.NewList()
	next := 0
	for i, g := range o.Groups {
		ids := pth.NewList()
		for range g.Params {
			if saved := list.Items[next].(*pth.Dict); torchMoments(saved) {
				states.Set(next, torchEntry(kind, saved, names))
			}
			ids.Items = append(ids.Items, int64(next))
			next++
		}
		group := torchGroup(kind, g.Hypers)
		group.Set("params", ids)
		if g.Hypers["wd"] != 0 {
			for j, p := range g.Params {
				if p.NoDecay {
					return nil, fmt.Errorf("optim: ToTorch: parameter %d of group %d isn't decayed, and the group is: torch.optim decays whole groups", j, i)
				}
			}
		}
		groups.Items = append(groups.Items, group)
	}
	out := pth.NewDict()
	out.Set("state", states)
	out.Set("param_groups", groups)
	return out, nil
}

// torchForm finds the optimizer of torch.optim that steps as o does, and its names of the state's tensors.
func (o *Optimizer) torchForm() (kind string, names map[string]string, err error) {
	rule := o.rule
	if with, ok := rule.(withDefaults); ok {
		rule = with.Rule
	}
	l2, mom := true, false
	switch r := rule.(type) {
	case torchRule:
		return r.kind, nil, nil
	case Adam:
		kind, names = "AdamW", map[string]string{gradAvg: expAvg, sqrAvg: expAvgSq}
		if r.L2 {
			kind = "Adam"
		}
	case SGD:
		kind, names, l2 = "SGD", map[string]string{gradAvg: momentumBuffer}, r.L2
	case RMSProp:
		kind, names, l2, mom = "RMSprop", map[string]string{sqrAvg: squareAvg}, r.L2, r.Momentum != 0
	default:
		return "", nil, fmt.Errorf("torch.optim has nothing that steps as %s", Describe(o.rule))
	}
	for _, g := range o.Groups {
		switch {
		case !l2 && g.Hypers["wd"] != 0:
			return "", nil, fmt.Errorf("the weight decay of %s is decoupled, and that of torch.optim.%s goes through the gradients: set L2", Describe(o.rule), kind)
		case mom:
			return "", nil, fmt.Errorf("%s averages gradients, and torch.optim.RMSprop their quotients", Describe(o.rule))
		}
	}
	return kind, names, nil
}

// torchMoments tells whether there is more in a parameter's state than what training is told of it.
func torchMoments(saved *pth.Dict) bool {
	for _, v := range saved.All() {
		if _, flag := v.(bool); !flag {
			return true
		}
	}
	return false
}

// torchEntry is a parameter's state under torch.optim's names, with a count of steps where PyTorch looks for one.
func torchEntry(kind string, saved *pth.Dict, names map[string]string) *pth.Dict {
	out, steps := pth.NewDict(), 0.0
	for k, v := range saved.All() {
		name, _ := k.(string)
		if other, ok := names[name]; ok {
			name = other
		}
		switch n, isNumber := pth.Float(v); {
		case name == step && isNumber:
			steps = n
		case name != "do_wd" && name != "force_train":
			out.Set(name, v)
		}
	}
	if kind != "SGD" {
		b := make([]byte, 4)
		for i := range b {
			b[i] = byte(math.Float32bits(float32(steps)) >> (8 * i))
		}
		out.Set(step, pth.NewTensor(pth.Float32, nil, b))
	}
	return out
}

// torchGroup is a group's hyperparameters as torch.optim has them, with its defaults for what decides how a step is computed.
func torchGroup(kind string, h Hypers) *pth.Dict {
	out := pth.NewDict()
	adam := strings.HasPrefix(kind, "Adam")
	if adam {
		out.Set("betas", pth.Tuple{h["mom"], h["sqr_mom"]})
		out.Set("decoupled_weight_decay", kind == "AdamW")
	}
	for _, name := range sortedKeys(torchKinds[kind]) {
		key := name
		if other, ok := torchNames[name]; ok {
			key = other
		}
		switch name {
		case "amsgrad", "maximize", "nesterov", "centered":
			out.Set(key, h[name] != 0)
		case "mom", "sqr_mom":
			if !adam {
				out.Set(key, h[name])
			}
		default:
			out.Set(key, h[name])
		}
	}
	for _, key := range []string{"capturable", "differentiable"} {
		out.Set(key, false)
	}
	for _, key := range []string{"foreach", "fused"} {
		out.Set(key, nil)
	}
	return out
}
