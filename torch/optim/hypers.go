package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// check refuses values that torch.optim refuses for the hyperparameter of that meaning, in the order of their names. A
// step with them makes the weights NaN, or goes uphill.
func (h Hypers) check(rule Rule) error {
	for _, name := range sortedKeys(h) {
		if err := checkHyper(rule, name, h[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkHyper(rule Rule, name string, v float64) error {
	want := ""
	switch name {
	case "lr", "wd", "eps", "mom", "sqr_mom":
		switch {
		case !(v >= 0):
			want = "a number of 0 or more"
		case v >= 1 && debiases(rule) && (name == "mom" || name == "sqr_mom"):
			want = "less than 1, since averages are divided by 1 less its powers"
		}
	}
	if want == "" && (math.IsNaN(v) || math.IsInf(v, 0)) {
		want = "a finite number"
	}
	if want == "" {
		return nil
	}
	return fmt.Errorf("optim: %s of %s is %v: want %s", name, Describe(rule), v, want)
}

// debiases tells whether a rule divides its averages by 1 - momᵗ and 1 - sqr_momᵗ.
func debiases(rule Rule) bool {
	if look, ok := lookaheadOf(rule); ok {
		rule = look.Rule
	}
	if with, ok := rule.(withDefaults); ok {
		rule = with.Rule
	}
	if torchs, ok := rule.(torchRule); ok {
		return torchs.kind == "Adam" || torchs.kind == "AdamW"
	}
	switch rule.(type) {
	case Adam, RAdam, QHAdam, Lamb:
		return true
	}
	return false
}

// checkGroups refuses what torch.optim.Optimizer.add_param_group refuses, and a parameter that comes twice in a group, of
// which it warns: it would be stepped twice.
func checkGroups(rule Rule, groups [][]*torch.Tensor) error {
	if guard.IsNil(rule) {
		return errors.New("the rule is nil")
	}
	seen := map[*torch.Tensor]bool{}
	for i, ts := range groups {
		for _, t := range ts {
			if seen[t] {
				return fmt.Errorf("a parameter of group %d is there twice", i)
			}
			if seen[t] = true; !t.IsLeaf() {
				return fmt.Errorf("a parameter of group %d was computed from others: only leaves can be optimized", i)
			}
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("there are no parameters")
	}
	if look, ok := lookaheadOf(rule); ok {
		if _, alpha := look.moves(); !(alpha > 0 && alpha <= 1) {
			return fmt.Errorf("the Alpha of a Lookahead is %v: want a part of the way, above 0 and up to 1", alpha)
		}
	}
	return rule.Defaults().check(rule)
}

// stepped returns the tensors that a rule steps. It refuses lists and hyperparameters that are none; a Param that no optimizer
// made gets a State.
func stepped(params []*Param, h Hypers) []*torch.Tensor {
	_, ok := h["lr"]
	if !ok {
		refuse("step", errors.New("the hyperparameters have no lr"))
	}
	if len(params) == 0 {
		refuse("step", errors.New("there are no parameters"))
	}
	for i, p := range params {
		if p == nil || p.Tensor == nil {
			refuse("step", fmt.Errorf("parameter %d is nil", i))
		}
		if p.State == nil {
			p.State = map[string]*torch.Tensor{}
		}
	}
	return tensorsOf(params)
}

// refuse panics with the error, if any, as operations of torch do.
func refuse(op string, err error) {
	if err != nil {
		panic(&torch.Error{Op: op, Msg: err.Error()})
	}
}
