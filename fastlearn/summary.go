package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"reflect"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/fastlearn/summary"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Summary runs one item of the training set through the model, without gradients and in
// evaluation mode, and says what it saw: layers, shapes, parameters, what is frozen, and
// multiply-adds (fastai's learn.summary). Callbacks don't run. Everything is then as it was:
// the model, its statistics and modes, the random numbers, the training.
func (l *Learner) Summary(ctx context.Context) (*summary.Summary, error) {
	return get(l, "Summary", func() (*summary.Summary, error) { return l.summary(ctx) })
}

func (l *Learner) summary(ctx context.Context) (s *summary.Summary, err error) {
	rng, err := preserve.RNG(l.DLs.Device)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rng.Restore()) }()
	b, err := l.DLs.OneBatch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fastlearn: Summary needs a batch to train on: %w", err)
	}
	defer b.Close()
	s, err = summary.Of(l.Model, b.Xs...)
	if err != nil {
		return nil, err
	}
	s.Loss, s.Optimizer, s.Frozen = scale.TypeName(l.Loss), ruleName(l.config.rule), -1
	for _, cb := range l.callbacks {
		s.Callbacks = append(s.Callbacks, scale.TypeName(cb))
	}
	if l.Opt != nil {
		s.Frozen = l.Opt.Frozen()
	}
	return s, nil
}

// ruleName is a rule's type name; one around another has the names of both, unless its own is private,
// as that of [optim.With].
func ruleName(rule optim.Rule) string {
	name := scale.TypeName(rule)
	switch inner := innerRule(rule); {
	case inner == nil:
		return name
	case token.IsExported(name):
		return name + " of " + ruleName(inner)
	default:
		return ruleName(inner)
	}
}

// innerRule is the rule that another embeds, if it does.
func innerRule(rule optim.Rule) optim.Rule {
	outer := reflect.Indirect(reflect.ValueOf(rule))
	if outer.Kind() != reflect.Struct {
		return nil
	}
	field := outer.FieldByName("Rule")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	inner, _ := field.Interface().(optim.Rule)
	return inner
}
