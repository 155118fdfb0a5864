package page

import (
	"context"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
)

// NewModel is what the learner's model is made of: its parameter groups and its layers.
func NewModel(ctx context.Context, l *fastlearn.Learner) *Model {
	m := &Model{}
	if l.Opt != nil {
		m.Tables = append(m.Tables, groups(l))
		if n := l.Opt.Frozen(); n > 0 {
			m.Note = fmt.Sprintf("%d of %d groups are frozen; norms are trained in them all the same, unless the learner has FreezeBN.", n, len(l.Opt.Groups))
		}
	}
	s, err := l.Summary(ctx)
	if err != nil {
		m.Note += fmt.Sprintf(" Its layers are not known: %v.", err)
		return m
	}
	layers := Table{Caption: "Layers, for an input of " + scale.Shape(s.Input)}
	layers.Heads, layers.Rows = s.Table()
	layers.Foot = []string{"All", "", "", scale.Thousands(s.Params), scale.Thousands(s.Trainable), scale.Thousands(s.MACs)}
	m.Tables = append(m.Tables, layers)
	return m
}

// groups is a table of the optimizer's parameter groups.
func groups(l *fastlearn.Learner) Table {
	t := Table{Caption: "Parameter groups", Heads: []string{"group", "tensors", "parameters", "trained", "learning rate"}}
	var total, trained int64
	tensors := 0
	for i, g := range l.Opt.Groups {
		var all, on int64
		for _, p := range g.Params {
			n := p.Tensor.Numel()
			all += n
			if p.Tensor.RequiresGrad() {
				on += n
			}
		}
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), fmt.Sprint(len(g.Params)), scale.Thousands(all), scale.Thousands(on), fmt.Sprintf("%.3g", g.Hypers["lr"])})
		total, trained, tensors = total+all, trained+on, tensors+len(g.Params)
	}
	t.Foot = []string{"All", fmt.Sprint(tensors), scale.Thousands(total), scale.Thousands(trained), ""}
	return t
}
