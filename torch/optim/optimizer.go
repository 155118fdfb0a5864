// Package optim holds fastai's optimizers. A step runs fused, one call of
// libtorch for all tensors of a group, and gives fastai's numbers.
//
//	opt := optim.New(optim.Adam{}, nn.Parameters(model))
//	loss.Backward()
//	opt.Step()
//	opt.ZeroGrad()
//
// A learner makes its own by fastlearn.OptFunc. A [Rule] is the step of a kind of optimizer, [With]
// changes its defaults, and a custom type with two methods is one too.
//
// Parameters come in groups, each with its own hyperparameters. A parameter is
// stepped if it has a gradient; [Optimizer.ZeroGrad] leaves zeros, as fastai
// does, so a group that is frozen after it was trained still decays.
package optim

import (
	"errors"
	"fmt"
	"maps"
	"runtime"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Hypers are a group's hyperparameters by fastai's names: lr, mom, sqr_mom, eps, wd and what its rule adds to them.
type Hypers map[string]float64

// Param is a parameter with what its optimizer remembers of it.
type Param struct {
	*torch.Tensor
	NoDecay    bool // fastai's do_wd=False: norms and biases
	ForceTrain bool // fastai's force_train: norms, which train in frozen groups too
	State      map[string]*torch.Tensor
	group      *Group // that it is in; nil for one that no optimizer made
}

// Group is a list of parameters that share hyperparameters.
type Group struct {
	Params []*Param
	Hypers Hypers
}

// Rule is the step of one kind of optimizer.
type Rule interface {
	// Step updates params, which all have gradients and share hypers; of parameters that are not decayed
	// hypers has a wd of 0. A group may take two steps: those that are decayed, and those that aren't. A rule
	// of your own changes parameters under torch.NoGrad, as torch's fused steps do by themselves.
	Step(params []*Param, hypers Hypers)
	// Defaults are the hyperparameters the rule knows and their defaults.
	Defaults() Hypers
}

// Optimizer steps groups of parameters by a rule (fastai's Optimizer).
type Optimizer struct {
	Groups []*Group
	rule   Rule
	frozen int
	held   func() // releases memory that is kept from step to step; nil before the first one
}

// New makes an optimizer over groups of parameters. It panics with a [*torch.Error] where there are none, where one is there
// twice or is not a leaf, and where a default of the rule is one that [Optimizer.Set] refuses.
func New(rule Rule, groups ...[]*torch.Tensor) *Optimizer {
	refuse("optimizer", checkGroups(rule, groups))
	o := &Optimizer{rule: rule}
	for _, ts := range groups {
		g := &Group{Hypers: maps.Clone(rule.Defaults())}
		for _, t := range ts {
			g.Params = append(g.Params, &Param{Tensor: t, State: map[string]*torch.Tensor{}, group: g})
		}
		o.Groups = append(o.Groups, g)
	}
	return o
}

// check refuses an optimizer that New didn't make.
func (o *Optimizer) check() error {
	if o == nil || guard.IsNil(o.rule) {
		return errors.New("optim: the optimizer is nil or empty: make it by New")
	}
	return nil
}

// Set gives each group its value of a hyperparameter; one value serves all. As torch.optim does it refuses an lr, wd, eps, mom
// or sqr_mom below 0 and, of [Adam] and its descendants, a mom or sqr_mom of 1 or more; and any value that isn't finite.
func (o *Optimizer) Set(name string, values ...float64) error {
	if err := o.check(); err != nil {
		return err
	}
	if len(values) != 1 && len(values) != len(o.Groups) {
		return fmt.Errorf("optim: %d values of %s for %d parameter groups", len(values), name, len(o.Groups))
	}
	for _, v := range values {
		if err := checkHyper(o.rule, name, v); err != nil {
			return err
		}
	}
	for i, g := range o.Groups {
		g.Hypers[name] = values[min(i, len(values)-1)]
	}
	return nil
}

// Params lists the parameters of all groups, in order.
func (o *Optimizer) Params() []*Param {
	if o == nil {
		return nil
	}
	var all []*Param
	for _, g := range o.Groups {
		all = append(all, g.Params...)
	}
	return all
}

func (o *Optimizer) tensors() []*torch.Tensor { return tensorsOf(o.Params()) }

func tensorsOf(params []*Param) []*torch.Tensor {
	ts := make([]*torch.Tensor, len(params))
	for i, p := range params {
		ts[i] = p.Tensor
	}
	return ts
}

// ZeroGrad zeroes all gradients, see [torch.ZeroGrad].
func (o *Optimizer) ZeroGrad() { torch.ZeroGrad(o.tensors()) }

// zeroed tells whether p, to which nothing flowed since [Optimizer.ZeroGrad], has a gradient from before, zeros, which then take memory.
func zeroed(p *torch.Tensor) bool {
	g := p.Grad()
	g.Close()
	return g != nil
}

// Step updates every parameter that has a gradient. It panics with a [*torch.Error] before it changes anything where a
// hyperparameter is one that [Optimizer.Set] refuses.
func (o *Optimizer) Step() { o.stepUnless(nil) }

// stepUnless makes a step, which an [inPlace] rule leaves out where skip is 1, on its device; other rules aren't given one.
func (o *Optimizer) stepUnless(skip *torch.Tensor) {
	refuse("step", o.check())
	for _, g := range o.Groups {
		refuse("step", g.Hypers.check(o.rule))
	}
	if o.held == nil {
		o.held = trim.Hold()
		runtime.AddCleanup(o, func(release func()) { release() }, o.held)
	}
	look, ahead := lookaheadOf(o.rule)
	if ahead {
		look.begin(o)
	}
	type call struct {
		params []*Param
		hypers Hypers
	}
	var calls []call
	for _, g := range o.Groups {
		var decay, plain []*Param
		has := hasGrad(tensorsOf(g.Params))
		for i, p := range g.Params {
			switch {
			case !has[i] && !zeroed(p.Tensor):
			case p.NoDecay:
				plain = append(plain, p)
			default:
				decay = append(decay, p)
			}
		}
		if len(decay) > 0 {
			calls = append(calls, call{decay, g.Hypers})
		}
		if len(plain) > 0 {
			hypers := maps.Clone(g.Hypers)
			hypers["wd"] = 0
			calls = append(calls, call{plain, hypers})
		}
	}
	var changing []*Param
	for _, c := range calls { // the state of all before anything is written: there may be no memory for it
		makeState(o.rule, c.params)
		changing = append(changing, c.params...)
	}
	if ahead { // it moves those that have no gradient too
		changing = o.Params()
	}
	rule := inPlaceOf(o.rule)
	orNothing(o.rule, changing, func() {
		for _, c := range calls {
			if skip == nil {
				o.rule.Step(c.params, c.hypers)
			} else {
				rule.stepUnless(skip, c.params, c.hypers)
			}
		}
		if ahead {
			look.end(o)
		}
	})
}

// FreezeTo turns gradients off for the groups before n and on for the others;
// negative n counts from the end. Parameters with ForceTrain always train.
func (o *Optimizer) FreezeTo(n int) {
	refuse("freeze", o.check())
	if n < 0 {
		n = max(0, n+len(o.Groups))
	}
	o.frozen = n
	for i, g := range o.Groups {
		for _, p := range g.Params {
			p.RequiresGrad_(i >= n || p.ForceTrain)
		}
	}
}

// Frozen is the number of groups that are frozen.
func (o *Optimizer) Frozen() int {
	if o == nil {
		return 0
	}
	return o.frozen
}

// ClearState forgets averages and steps, and keeps what training is told of a parameter.
func (o *Optimizer) ClearState() {
	for _, p := range o.Params() {
		for name, t := range p.State {
			t.Close()
			delete(p.State, name)
		}
	}
}

// Close frees the state; the parameters are the model's. It may be called again. From the first step until then the C heap keeps what steps
// have freed, for the next ones.
func (o *Optimizer) Close() {
	if o == nil {
		return
	}
	o.ClearState()
	if o.held != nil {
		o.held()
		o.held = nil
	}
}
