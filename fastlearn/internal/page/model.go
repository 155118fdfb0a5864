package page

import (
	"fmt"
	"strconv"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// NewModel is a table of the model's parameter groups.
func NewModel(l *fastlearn.Learner) *Model {
	m := &Model{Heads: []string{"Parameter group", "Tensors", "Parameters", "Trained", "Learning rate"}}
	if l.Opt == nil {
		m.Note = "There are no parameter groups before the first fit or freeze."
		return m
	}
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
		m.Rows = append(m.Rows, []string{fmt.Sprint(i + 1), fmt.Sprint(len(g.Params)), thousands(all), thousands(on), fmt.Sprintf("%.3g", g.Hypers["lr"])})
		total, trained, tensors = total+all, trained+on, tensors+len(g.Params)
	}
	m.Foot = []string{"All", fmt.Sprint(tensors), thousands(total), thousands(trained), ""}
	if n := l.Opt.Frozen(); n > 0 {
		m.Note = fmt.Sprintf("%d of %d groups are frozen; norms are trained in them all the same, unless the learner has FreezeBN.", n, len(l.Opt.Groups))
	}
	return m
}

// thousands writes 11,689,512.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
