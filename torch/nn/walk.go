package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Children are the direct children of m, in order.
func Children(m Module) []Child { return inspect(m)[0].children }

// Own are m's own parameters, without those of its children.
func Own(m Module) []Named { return inspect(m)[0].parameters }

// Walk calls f for m and all below it, parents first, with names such as "layer1.0.conv1". A
// module of two names is visited under both.
func Walk(m Module, f func(name string, m Module)) {
	for _, n := range inspect(m) {
		f(n.name, n.module)
	}
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// Train puts m and all below it into training mode.
func Train(m Module) { Walk(m, func(_ string, m Module) { TrainAlone(m) }) }

// Eval puts m and all below it into evaluation mode.
func Eval(m Module) { Walk(m, func(_ string, m Module) { EvalAlone(m) }) }

// IsTraining tells whether m itself is in training mode.
func IsTraining(m Module) bool { return m.base().Training() }

// TrainAlone puts m into training mode without the modules below it.
func TrainAlone(m Module) { m.base().eval = false }

// EvalAlone puts m into evaluation mode without the modules below it.
func EvalAlone(m Module) { m.base().eval = true }

// NamedParameters lists all parameters of m; one shared by two modules comes once, as in PyTorch.
func NamedParameters(m Module) []Named {
	var all []Named
	seen := map[*torch.Tensor]bool{}
	for _, n := range inspect(m) {
		for _, p := range n.parameters {
			if !seen[p.Tensor] {
				seen[p.Tensor] = true
				all = append(all, Named{join(n.name, p.Name), p.Tensor})
			}
		}
	}
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
	for _, n := range inspect(m) {
		for _, b := range n.buffers {
			if !seen[b.Tensor] {
				seen[b.Tensor] = true
				all = append(all, b.Tensor)
			}
		}
	}
	return all
}

// StateDict lists parameters and buffers with the keys and in the order of
// PyTorch's state_dict. The tensors are the module's own, not copies.
func StateDict(m Module) []Named {
	var all []Named
	for _, n := range inspect(m) {
		for _, own := range [][]Named{n.parameters, n.buffers} {
			for _, t := range own {
				all = append(all, Named{join(n.name, t.Name), t.Tensor})
			}
		}
	}
	return all
}

// StateMap returns what [StateDict] lists, by its names, as [LoadStateDict] and [torch.Replay] take it.
func StateMap(m Module) map[string]*torch.Tensor {
	all := map[string]*torch.Tensor{}
	for _, n := range StateDict(m) {
		all[n.Name] = n.Tensor
	}
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

// Close frees m's parameters and buffers. It may be called again, and for a module that [Check] refuses.
func Close(m Module) {
	nodes, _ := tree(m)
	for _, n := range nodes {
		for _, own := range [][]Named{n.parameters, n.buffers} {
			for _, t := range own {
				t.Close()
			}
		}
		if n.base.onClose != nil {
			n.base.onClose()
		}
	}
}
