// Package nn holds modules, after torch.nn: layers, containers and initialisers.
//
// # Names
//
// A module registers its parameters, buffers and children by name, in PyTorch's
// order, so that [StateDict] has the keys, shapes and order of Python's
// state_dict, to the letter.
//
// # Ownership
//
// Parameters and buffers live in no scope; [Close] frees them. The result of
// Forward lives in the scope of its input, as every result does. A container
// closes its child's output as soon as the next child has consumed it, and never
// its own input, so that peak memory is PyTorch's. Forward may return its very
// input where it changes nothing, or works in place.
//
// # Errors
//
// Forward panics with a [*torch.Error], as torch's operations do; [torch.Try]
// turns it into an error.
package nn

import (
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Module is a part of a model. A type becomes one by embedding [Base].
type Module interface {
	// Forward computes the module's output. It may work in place on x only if
	// the caller says so by its construction, as ReLU's inplace does.
	Forward(x *torch.Tensor) *torch.Tensor
	base() *Base
}

// Named is a tensor with its name, the key of a state_dict.
type Named struct {
	Name string
	*torch.Tensor
}

// Child is a module with the name its parent gave it.
type Child struct {
	Name string
	Module
}

// Base keeps what a module has registered. Embed it; its zero value is ready,
// and in training mode, as PyTorch's modules are.
type Base struct {
	children   []Child
	parameters []Named
	buffers    []Named
	eval       bool
	onClose    func()
	hooks      []*hook // of OnForward
	called     bool    // by Call, which runs the hooks
}

func (b *Base) base() *Base { return b }

// Register adds a child under its name. A name that is empty, has a dot or is taken by another child, parameter or
// buffer is an error, since no state_dict could tell them apart; so it is for RegisterParameter and RegisterBuffer.
func (b *Base) Register(name string, child Module) {
	b.checkName(name)
	check("register", child != nil, "the child %q is nil", name)
	b.children = append(b.children, Child{name, child})
}

func (b *Base) checkName(name string) {
	check("register", name != "" && !strings.Contains(name, "."), "a name can't be empty nor have a dot, got %q", name)
	taken := slices.ContainsFunc(b.children, func(c Child) bool { return c.Name == name })
	for _, n := range slices.Concat(b.parameters, b.buffers) {
		taken = taken || n.Name == name
	}
	check("register", !taken, "the module has a child, parameter or buffer %q already", name)
}

// RegisterParameter adds a tensor that is trained, a leaf, and returns it.
func (b *Base) RegisterParameter(name string, t *torch.Tensor) *torch.Tensor {
	b.checkName(name)
	check("register", t.IsLeaf(), "the parameter %q was computed from others: only a leaf can be trained", name)
	b.parameters = append(b.parameters, Named{name, t.Keep().RequiresGrad_(true)})
	return t
}

// RegisterBuffer adds a tensor that is saved but not trained and returns it.
func (b *Base) RegisterBuffer(name string, t *torch.Tensor) *torch.Tensor {
	b.checkName(name)
	b.buffers = append(b.buffers, Named{name, t.Keep()})
	return t
}

// Training tells whether the module is in training mode; [Train] sets it.
func (b *Base) Training() bool { return !b.eval }

// Children are the direct children of m, in order.
func Children(m Module) []Child { return m.base().children }

// Own are m's own parameters, without those of its children.
func Own(m Module) []Named { return m.base().parameters }

// Walk calls f for m and all below it, parents first, with names such as "layer1.0.conv1".
func Walk(m Module, f func(name string, m Module)) { walk("", m, f) }

func walk(name string, m Module, f func(string, Module)) {
	f(name, m)
	for _, c := range m.base().children {
		walk(join(name, c.Name), c.Module, f)
	}
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// Train puts m and all below it into training mode, or into evaluation mode.
func Train(m Module, on bool) {
	Walk(m, func(_ string, m Module) { m.base().eval = !on })
}

// IsTraining tells whether m itself is in training mode.
func IsTraining(m Module) bool { return m.base().Training() }

// SetTraining is [Train] for m itself, without those below it.
func SetTraining(m Module, on bool) { m.base().eval = !on }

// NamedParameters lists all parameters of m; one shared by two modules comes once, as in PyTorch.
func NamedParameters(m Module) []Named {
	var all []Named
	seen := map[*torch.Tensor]bool{}
	Walk(m, func(name string, m Module) {
		for _, p := range m.base().parameters {
			if !seen[p.Tensor] {
				seen[p.Tensor] = true
				all = append(all, Named{join(name, p.Name), p.Tensor})
			}
		}
	})
	return all
}

// Parameters are the tensors of [NamedParameters].
func Parameters(m Module) []*torch.Tensor {
	named := NamedParameters(m)
	ts := make([]*torch.Tensor, len(named))
	for i, p := range named {
		ts[i] = p.Tensor
	}
	return ts
}

// Buffers are the tensors of m that no step changes, such as a norm's averages; one shared by
// two modules comes once, as in PyTorch.
func Buffers(m Module) []*torch.Tensor {
	var all []*torch.Tensor
	seen := map[*torch.Tensor]bool{}
	Walk(m, func(_ string, m Module) {
		for _, b := range m.base().buffers {
			if !seen[b.Tensor] {
				seen[b.Tensor] = true
				all = append(all, b.Tensor)
			}
		}
	})
	return all
}

// StateDict lists parameters and buffers with the keys and in the order of
// PyTorch's state_dict. The tensors are the module's own, not copies.
func StateDict(m Module) []Named {
	var all []Named
	Walk(m, func(name string, m Module) {
		for _, own := range [][]Named{m.base().parameters, m.base().buffers} {
			for _, t := range own {
				all = append(all, Named{join(name, t.Name), t.Tensor})
			}
		}
	})
	return all
}

// To converts m's parameters and buffers in place, as module.to: to a device,
// a dtype of floating point, or both. Buffers of integers keep their dtype.
func To(m Module, opts ...torch.Option) {
	for _, opt := range opts {
		if d, ok := opt.(torch.DType); ok {
			check("to", d.IsFloatingPoint(), "a module can't be converted to %v: want a dtype of floating point", d)
		}
	}
	each(m, func(t *torch.Tensor) *torch.Tensor {
		if d := t.DType(); !d.IsFloatingPoint() {
			return t.To(append(slices.Clone(opts), d)...)
		}
		return t.To(opts...)
	})
}

// ToFormat lays out m's four-dimensional parameters in that order, as
// module.to(memory_format=…).
func ToFormat(m Module, f torch.MemoryFormat) {
	each(m, func(t *torch.Tensor) *torch.Tensor {
		if t.Dim() != 4 {
			return nil
		}
		return t.ToFormat(f)
	})
}

// each replaces every parameter and buffer by f's result, gradients dropped.
func each(m Module, f func(*torch.Tensor) *torch.Tensor) {
	seen := map[*torch.Tensor]bool{}
	torch.NoGrad(func() {
		for _, n := range StateDict(m) {
			if seen[n.Tensor] {
				continue
			}
			seen[n.Tensor] = true
			grad := n.RequiresGrad()
			if u := f(n.Tensor); u != nil {
				d := u.Detach()
				u.Close()
				n.Assign(d)
				n.RequiresGrad_(grad)
			}
		}
	})
}

// Close frees m's parameters and buffers. It may be called again.
func Close(m Module) {
	Walk(m, func(_ string, m Module) {
		b := m.base()
		for _, p := range b.parameters {
			p.Close()
		}
		for _, p := range b.buffers {
			p.Close()
		}
		if b.onClose != nil {
			b.onClose()
		}
	})
}

// OnClose has [Close] call f, which frees what the module holds beside its tensors. It may
// be called several times.
func (b *Base) OnClose(f func()) { b.onClose = f }

// NormBiasParameters tells which parameters belong to norms and which others are
// biases; optimizers treat them apart (fastai's norm_bias_params).
func NormBiasParameters(m Module) (norms, biases map[*torch.Tensor]bool) {
	norms, biases = map[*torch.Tensor]bool{}, map[*torch.Tensor]bool{}
	Walk(m, func(_ string, m Module) {
		_, isNorm := m.(*BatchNorm)
		if p, ok := m.(*Part); ok {
			isNorm = p.Norm
		}
		for _, p := range m.base().parameters {
			switch {
			case isNorm:
				norms[p.Tensor] = true
			case p.Name == "bias":
				biases[p.Tensor] = true
			}
		}
	})
	return norms, biases
}
