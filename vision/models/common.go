package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// step is a part of a net: a child by its name, or without a name one that has neither weights nor modes.
type step struct {
	name string
	nn.Module
}

// net runs its steps one after the other.
type net struct {
	nn.Base
	steps []nn.Module `nn:"-"`
}

func newNet(steps ...step) *net {
	m := &net{}
	for _, s := range steps {
		m.add(s)
	}
	return m
}

func (m *net) add(s step) {
	if s.name != "" {
		m.Register(s.name, s.Module)
	}
	m.steps = append(m.steps, s.Module)
}

// Forward maps N×3×H×W to logits N×classes.
func (m *net) Forward(x *torch.Tensor) *torch.Tensor { return chain(x, m.steps...) }

// chain feeds x through modules, and closes what lies between them.
func chain(x *torch.Tensor, modules ...nn.Module) *torch.Tensor {
	in := x
	for i := 0; i < len(modules); i++ {
		if _, conv := modules[i].(*nn.Conv2d); conv && i+1 < len(modules) {
			if _, norm := modules[i+1].(*nn.BatchNorm); norm {
				x = nn.ThenNormed(in, x, modules[i], modules[i+1])
				i++
				continue
			}
		}
		x = nn.Then(in, x, modules[i])
	}
	return x
}

// within computes f of x and frees whatever else was made on the way.
func within(x *torch.Tensor, f func(x *torch.Tensor) *torch.Tensor) *torch.Tensor {
	s := x.Scope().Child()
	defer s.Close()
	return f(x.In(s)).MoveTo(x.Scope())
}

// named is a Sequential whose children have names.
func named(steps ...step) *nn.Sequential {
	s := &nn.Sequential{}
	for _, c := range steps {
		s.Register(c.name, c.Module)
	}
	return s
}

// skip adds its input to what its path makes of it, where both have one shape.
type skip struct {
	nn.Base
	path, drop nn.Module `nn:"-"`
	adds       bool
}

// newSkip makes one whose path is the child of that name; drop, nil for none, is its StochasticDepth.
func newSkip(name string, path nn.Module, drop *nn.StochasticDepth, adds bool) *skip {
	m := &skip{path: path, adds: adds}
	m.Register(name, path)
	if drop != nil {
		m.Register("stochastic_depth", drop)
		m.drop = drop
	}
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *skip) Forward(x *torch.Tensor) *torch.Tensor {
	y := nn.Call(m.path, x)
	if !m.adds {
		return y
	}
	if m.drop != nil {
		y = nn.Then(x, y, m.drop)
	}
	return y.Add_(x)
}

// permute is torchvision.ops.Permute.
type permute struct {
	nn.Base
	dims []int64
}

// Forward orders the dimensions anew.
func (m *permute) Forward(x *torch.Tensor) *torch.Tensor { return x.Permute(m.dims...) }

func toLast() nn.Module  { return &permute{dims: []int64{0, 2, 3, 1}} } // N×C×H×W to N×H×W×C
func toFirst() nn.Module { return &permute{dims: []int64{0, 3, 1, 2}} }
