package optim

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// setLookahead adds what a Lookahead remembers to the optimizer's state as fastai has it: the count, and the slow
// weights of each group, None before the first step.
func (o *Optimizer) setLookahead(d *pth.Dict) error {
	params := o.Params()
	if len(params) == 0 || params[0].State[lookCount] == nil {
		d.Set(lookCount, int64(0))
		d.Set(slowWeights, nil)
		return nil
	}
	slow := pth.NewList()
	for i, g := range o.Groups {
		of := pth.NewList()
		for j, p := range g.Params {
			t, err := torch.ToPTH(p.State[slowWeights])
			if err != nil {
				return fmt.Errorf("opt.slow_weights[%d][%d]: %w", i, j, err)
			}
			of.Items = append(of.Items, t)
		}
		slow.Items = append(slow.Items, of)
	}
	d.Set(lookCount, int64(params[0].State[lookCount].Item()))
	d.Set(slowWeights, slow)
	return nil
}

// readLookahead reads what setLookahead or fastai wrote into the states of read, one for each of params.
func readLookahead(s *torch.Scope, f torch.Holder, d *pth.Dict, params []*Param, read []Param) error {
	v, _ := d.Get(lookCount)
	count, ok := pth.Float(v)
	if !ok {
		return fmt.Errorf("the optimizer state is of no Lookahead: it lacks a count")
	}
	v, ok = d.Get(slowWeights)
	if !ok || len(params) == 0 {
		return fmt.Errorf("the optimizer state is of no Lookahead: it lacks slow_weights")
	}
	if v == nil { // before the first step
		return nil
	}
	groups, ok := v.(*pth.List)
	if !ok {
		return fmt.Errorf("opt.slow_weights: want a list, got %T", v)
	}
	var all []any
	for i, g := range groups.Items {
		of, ok := g.(*pth.List)
		if !ok {
			return fmt.Errorf("opt.slow_weights[%d]: want a list, got %T", i, g)
		}
		all = append(all, of.Items...)
	}
	if len(all) != len(params) {
		return fmt.Errorf("the optimizer state has %d slow weights, the model %d parameters", len(all), len(params))
	}
	for i, v := range all {
		lain, ok := v.(*pth.Tensor)
		if !ok || !slices.Equal(lain.Shape, params[i].Shape()) {
			return fmt.Errorf("opt.slow_weights, %d: want a tensor of shape %v, got %s", i, params[i].Shape(), shapeOf(v))
		}
		t, err := torch.FromPTH(s, f, lain)
		if err != nil {
			return fmt.Errorf("opt.slow_weights, %d: %w", i, err)
		}
		// A copy: it is written to and must not hold the file.
		if err := torch.Try(func() { read[i].State[slowWeights] = t.To(params[i].Device(), params[i].DType()).Clone() }); err != nil {
			return fmt.Errorf("opt.slow_weights, %d: %w", i, err)
		}
	}
	read[0].State[lookCount] = s.With(torch.Float64, torch.CPU).Full(count)
	return nil
}

func shapeOf(v any) string {
	if t, ok := v.(*pth.Tensor); ok {
		return fmt.Sprintf("one of %v", t.Shape)
	}
	return fmt.Sprintf("a %T", v)
}
