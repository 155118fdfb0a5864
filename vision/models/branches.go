package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Sources: Szegedy et al., "Going Deeper with Convolutions" (2014) and "Rethinking the Inception Architecture" (2015).

// lane is steps one after the other, and then those of fork, side by side.
type lane struct{ steps, fork []step }

func way(steps ...step) lane { return lane{steps: steps} }

// branches joins the channels of what paths make of one input.
type branches struct {
	nn.Base
	paths []lane `nn:"-"`
}

func newBranches(paths ...lane) *branches {
	m := &branches{paths: paths}
	for _, p := range paths {
		for _, s := range append(p.steps[:len(p.steps):len(p.steps)], p.fork...) {
			if s.name != "" {
				m.Register(s.name, s.Module)
			}
		}
	}
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *branches) Forward(x *torch.Tensor) *torch.Tensor {
	return within(x, func(x *torch.Tensor) *torch.Tensor {
		var ends []*torch.Tensor
		for _, p := range m.paths {
			y := x
			for _, s := range p.steps {
				y = nn.Then(x, y, s)
			}
			if p.fork == nil {
				ends = append(ends, y)
			}
			for _, s := range p.fork {
				ends = append(ends, nn.Call(s, y))
			}
		}
		return torch.Cat(1, ends...)
	})
}

// basicConv is a convolution, its norm and ReLU, under GoogLeNet's names.
func basicConv(in, out, kernel int64, opts ...nn.ConvOption) nn.Module {
	conv := nn.NewConv2d(in, out, kernel, append(opts, nn.NoBias())...)
	return newNet(step{"conv", conv}, step{"bn", nn.NewBatchNorm(out, nn.Eps(1e-3))}, step{"", relu()})
}

// Auxiliary is a model with further heads in its middle, which only training looks at: [Auxiliary.ForwardAux] has their logits.
type Auxiliary interface {
	nn.Module
	// ForwardAux returns the logits and, in training mode, those of the auxiliary heads, in torchvision's order.
	ForwardAux(x *torch.Tensor) (logits *torch.Tensor, aux []*torch.Tensor)
	// AuxNames are the names of those children that are auxiliary heads.
	AuxNames() []string
}

// auxNet is a net with heads after some of its steps.
type auxNet struct {
	net
	heads map[int]step `nn:"-"` // by the number of steps before
	names []string     // in the order of the outputs
}

// Forward maps N×3×H×W to logits N×classes, without the auxiliary heads.
func (m *auxNet) Forward(x *torch.Tensor) *torch.Tensor { return m.net.Forward(x) }

// AuxNames are the names of the auxiliary heads.
func (m *auxNet) AuxNames() []string { return m.names }

// ForwardAux runs the heads too.
func (m *auxNet) ForwardAux(x *torch.Tensor) (logits *torch.Tensor, aux []*torch.Tensor) {
	if !m.Training() {
		return m.Forward(x), nil
	}
	in, outputs := x, map[string]*torch.Tensor{}
	for i, s := range m.steps {
		if h, ok := m.heads[i]; ok {
			outputs[h.name] = nn.Call(h, x)
		}
		x = nn.Then(in, x, s)
	}
	for _, name := range m.names {
		aux = append(aux, outputs[name])
	}
	return x, aux
}

// withHeads makes an auxNet of a net, whose heads it has registered.
func withHeads(m *net, heads map[int]step, names ...string) *auxNet {
	return &auxNet{net: *m, heads: heads, names: names}
}
