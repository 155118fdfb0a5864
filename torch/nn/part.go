package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Part is a module within one that runs elsewhere: in a TorchScript file, or in a model
// of gotch's. It has a name, parameters, buffers and a mode, so that splitters, frozen
// norms and state_dicts find them, but is not run by itself.
type Part struct {
	Base
	Norm bool // its parameters are a norm's: they don't decay, and frozen ones are trained
}

// Forward panics: the module that the part belongs to does its work.
func (p *Part) Forward(*torch.Tensor) *torch.Tensor {
	given(p)
	panic(&torch.Error{Op: "forward", Msg: "a part of a model that runs elsewhere can't be run by itself: run the model"})
}

// IsNorm reports whether the part is a norm, see [Norm].
func (p *Part) IsNorm() bool { return p != nil && p.Norm }
