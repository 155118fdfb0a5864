package optim

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/identity"
)

// With is a rule with other defaults, as Python's partial(Adam, eps=1e-6) makes one of fastai's:
//
//	rule, err := optim.With(optim.Adam{}, optim.Hypers{"eps": 1e-6, "sqr_mom": 0.999})
//
// A name that the rule's Defaults lack is an error, and so is a mom for a rule that keeps no average of the gradients:
// whether [SGD] and [RMSProp] do is said by their field Momentum.
func With(rule Rule, hypers Hypers) (Rule, error) {
	if err := guard.Given("optim: With", rule); err != nil {
		return nil, err
	}
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
	changed := maps.Clone(hypers)
	if w, ok := rule.(withDefaults); ok {
		rule, changed = w.Rule, maps.Clone(w.hypers)
		maps.Copy(changed, hypers)
	}
	return withDefaults{rule, changed}, nil
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

// Describe names a rule with its fields that aren't zero, and of a [Lookahead] what steps within it, for people:
// "Lookahead(6, 0.5) of RAdam". Defaults, and so what [With] changed, are left out. A custom rule is called by its type.
func Describe(rule Rule) string {
	return describe(rule, func(r Rule) string {
		if _, known := names.Names[reflect.TypeOf(r)]; !known {
			return fmt.Sprintf("%T", r)
		}
		return names.Of(r)
	})
}

// Identity names a rule as [Describe] does, by names that don't change when types are renamed or moved, for checkpoints. A
// custom rule is "custom" with its exported fields, unless it has a method Identity() string.
func Identity(rule Rule) string { return describe(rule, func(r Rule) string { return names.Of(r) }) }

func describe(rule Rule, name func(Rule) string) string {
	if look, ok := lookaheadOf(rule); ok {
		k, alpha := look.moves()
		return fmt.Sprintf("Lookahead(%d, %v) of %s", k, alpha, describe(look.Rule, name))
	}
	if w, ok := rule.(withDefaults); ok {
		return describe(w.Rule, name)
	}
	return name(rule)
}

// names are the stable names of this package's rules.
var names = identity.Namer{Names: map[reflect.Type]string{
	reflect.TypeFor[Adam](): "Adam", reflect.TypeFor[SGD](): "SGD", reflect.TypeFor[RMSProp](): "RMSProp", reflect.TypeFor[RAdam](): "RAdam",
	reflect.TypeFor[QHAdam](): "QHAdam", reflect.TypeFor[Lamb](): "Lamb", reflect.TypeFor[Larc](): "Larc",
}}
