package optim

import (
	"fmt"
	"maps"
	"reflect"
)

// With is a rule with other defaults, as Python's partial(Adam, eps=1e-6) makes one of fastai's:
//
//	rule, err := optim.With(optim.Adam{}, optim.Hypers{"eps": 1e-6, "sqr_mom": 0.999})
//
// A name that the rule's Defaults lack is an error, and so is a mom for a rule that keeps no average of the gradients:
// whether [SGD] and [RMSProp] do is said by their field Momentum.
func With(rule Rule, hypers Hypers) (Rule, error) {
	known := rule.Defaults()
	for name, v := range hypers {
		old, ok := known[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("optim: %T has no hyperparameter %q: its own are %v", rule, name, sortedKeys(known))
		case name == "mom" && old == 0 && v != 0:
			return nil, fmt.Errorf("optim: %T keeps no average of the gradients, so mom has no effect: say so in its fields", rule)
		}
		if err := checkHyper(rule, name, v); err != nil {
			return nil, err
		}
	}
	if look, ok := lookaheadOf(rule); ok { // which must stay the outermost
		inner, err := With(look.Rule, hypers)
		look.Rule = inner
		return look, err
	}
	return withDefaults{rule, maps.Clone(hypers)}, nil
}

type withDefaults struct {
	Rule
	hypers Hypers
}

func (w withDefaults) Defaults() Hypers {
	h := maps.Clone(w.Rule.Defaults())
	maps.Copy(h, w.hypers)
	return h
}

// Describe says what a rule is: its type, the fields that aren't zero, and of a [Lookahead] what steps within it:
// "optim.Lookahead(6, 0.5) of optim.RAdam". Defaults, and so what [With] changed, are left out, and so are the fields
// of rules of one's own.
func Describe(rule Rule) string {
	if look, ok := lookaheadOf(rule); ok {
		k, alpha := look.moves()
		return fmt.Sprintf("%T(%d, %v) of %s", look, k, alpha, Describe(look.Rule))
	}
	switch r := rule.(type) {
	case withDefaults:
		return Describe(r.Rule)
	case Adam, SGD, RMSProp, RAdam, QHAdam, Lamb, Larc:
		if !reflect.ValueOf(r).IsZero() {
			return fmt.Sprintf("%T%+v", r, r)
		}
	}
	return fmt.Sprintf("%T", rule)
}
