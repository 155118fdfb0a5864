package optim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// FromTorch makes an optimizer of what the state_dict of torch.optim's Adam, AdamW, SGD or RMSprop holds, with all options of its groups:
// the next step is PyTorch's. f is the file of d, params are those of the optimizer in Python in their order, group after group:
// nn.Parameters(m) for torch.optim.AdamW(model.parameters()).
//
// Hyperparameters have fastai's names: betas are mom and sqr_mom, momentum is mom, alpha is sqr_mom, weight_decay is wd; flags are 0 or 1.
// [Optimizer.ToTorch] writes it back.
func FromTorch(f torch.Holder, d *pth.Dict, params []*torch.Tensor) (*Optimizer, error) {
	if err := guard.Given("optim: FromTorch", f, d); err != nil {
		return nil, err
	}
	saved, err := readTorch(d)
	if err != nil {
		return nil, fmt.Errorf("optim: FromTorch: %w", err)
	}
	if saved.params != len(params) {
		return nil, fmt.Errorf("optim: FromTorch: the state is of %d parameters, and there are %d", saved.params, len(params))
	}
	var groups [][]*torch.Tensor
	for _, n := range saved.sizes {
		groups, params = append(groups, params[:n]), params[n:]
	}
	rule := torchRule{saved.kind}
	if err := checkGroups(rule, groups); err != nil {
		return nil, fmt.Errorf("optim: FromTorch: %w", err)
	}
	o := New(rule, groups...)
	return o, o.LoadPTH(f, saved.dict)
}

// A torchState is a state_dict of torch.optim in the form of fastai's, with PyTorch's names in it.
type torchState struct {
	kind   string
	sizes  []int // of the groups
	params int
	dict   *pth.Dict
}

func readTorch(d *pth.Dict) (s torchState, err error) {
	groups, ok1 := pth.Get[*pth.List](d, "param_groups")
	states, ok2 := pth.Get[*pth.Dict](d, "state")
	if !ok1 || !ok2 || groups.Len() == 0 {
		return s, errors.New("it isn't a state_dict of torch.optim: it lacks the dict state or the list param_groups")
	}
	list, hypers := pth.NewList(), pth.NewList()
	for i, v := range groups.Items {
		g, ok := v.(*pth.Dict)
		ids, ok2 := pth.Get[*pth.List](g, "params")
		if !ok || !ok2 {
			return s, fmt.Errorf("param_groups[%d] has no list params", i)
		}
		kind, err := torchKind(g)
		if err == nil && s.kind != "" && kind != s.kind {
			err = fmt.Errorf("it is of %s, and others are of %s", kind, s.kind)
		}
		var h *pth.Dict
		if err == nil {
			s.kind = kind
			h, err = torchHypers(kind, g)
		}
		if err != nil {
			return s, fmt.Errorf("param_groups[%d]: %w", i, err)
		}
		hypers.Items = append(hypers.Items, h)
		s.sizes, s.params = append(s.sizes, ids.Len()), s.params+ids.Len()
		for _, id := range ids.Items {
			state := pth.NewDict()
			saved, _ := pth.Get[*pth.Dict](states, id)
			for k, v := range saved.All() {
				if v != nil { // a momentum_buffer before the first step
					state.Set(k, v)
				}
			}
			list.Items = append(list.Items, state)
		}
	}
	s.dict = pth.NewDict()
	s.dict.Set("state", list)
	s.dict.Set("hypers", hypers)
	return s, nil
}

// torchKind tells an optimizer of torch.optim by the keys of its groups.
func torchKind(g *pth.Dict) (string, error) {
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { _, ok := g.Get(k); return !ok })
	}
	wd, _ := g.Get("weight_decay")
	switch {
	case has("momentum", "dampening", "nesterov"):
		return "SGD", nil
	case has("alpha", "centered", "momentum"):
		return "RMSprop", nil
	case has("betas", "amsgrad", "decoupled_weight_decay"):
		if decoupled, _ := pth.Get[bool](g, "decoupled_weight_decay"); decoupled {
			return "AdamW", nil
		}
		return "Adam", nil
	case has("betas", "amsgrad") && wd == any(0.0), has("betas", "amsgrad") && wd == any(int64(0)):
		return "Adam", nil
	case has("betas", "amsgrad"):
		return "", errors.New("it is of Adam or of AdamW, and PyTorch before 2.7 didn't write which: Set decoupled_weight_decay in it, to false or true")
	}
	var keys []string
	for k := range g.All() {
		keys = append(keys, fmt.Sprint(k))
	}
	return "", fmt.Errorf("its keys %s are of none of Adam, AdamW, SGD and RMSprop", strings.Join(keys, ", "))
}

// torchNames are torch.optim's names of hyperparameters that have another one here. betas are two.
var torchNames = map[string]string{"mom": "momentum", "sqr_mom": "alpha", "wd": "weight_decay"}

// torchHypers reads a group's hyperparameters. Those that it lacks, as an older PyTorch wrote it, have their defaults.
func torchHypers(kind string, g *pth.Dict) (*pth.Dict, error) {
	out := pth.NewDict()
	betas, _ := g.Get("betas")
	pair, _ := betas.(pth.Tuple)
	if l, ok := betas.(*pth.List); ok {
		pair = l.Items
	}
	for name, usual := range torchKinds[kind] {
		key := name
		if other, ok := torchNames[name]; ok {
			key = other
		}
		v, ok := g.Get(key)
		if at := slices.Index([]string{"mom", "sqr_mom"}, name); at >= 0 && strings.HasPrefix(kind, "Adam") {
			if len(pair) != 2 {
				return nil, fmt.Errorf("betas: want two numbers")
			}
			v, ok = pair[at], true
		}
		if !ok {
			out.Set(name, usual)
			continue
		}
		n, err := number(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out.Set(name, n)
	}
	return out, nil
}

// number reads a hyperparameter, which may be a flag or a tensor.
func number(v any) (float64, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case *pth.Tensor:
		if v.Len() == 1 {
			s := torch.NewScope()
			defer s.Close()
			t, err := torch.FromPTH(s, noFile{}, v)
			if err != nil {
				return 0, err
			}
			return t.Item(), nil
		}
	}
	if n, ok := pth.Float(v); ok {
		return n, nil
	}
	return 0, fmt.Errorf("want a number, got %T", v)
}

// noFile holds nothing: what looks at its bytes is done before they could go.
type noFile struct{}

func (noFile) Hold() func() { return func() {} }
