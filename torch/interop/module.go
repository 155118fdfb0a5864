package interop

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	gotchnn "github.com/sugarme/gotch/nn"
	"github.com/sugarme/gotch/ts"
)

// Module is a model written with gotch/nn, as one of torch/nn: a Learner trains and saves it
// under the names of its VarStore. gotch's functions that begin with Must, and its
// layers, end the whole process where they fail, on an input of the wrong shape for
// instance; no error can come back from there.
type Module struct {
	nn.Base
	store *gotchnn.VarStore // kept, since its tensors are freed when nobody holds it
	model ts.ModuleT
	vars  []variable
}

// variable is one tensor with two handles, gotch's and ours.
type variable struct {
	theirs *ts.Tensor
	ours   *torch.Tensor
}

// NewModule makes a module of a model and of the store that holds its variables:
// trainable ones are parameters, all others buffers. Their names, split at dots, are the
// modules' names, in alphabetical order, since a VarStore keeps none. The variables stay
// the store's: [nn.Close] lets go of ours alone. The model stays on the device and in the
// dtype of its store. A model without a ForwardT of its own is made one by gotch/nn's
// NewFuncT. Make both within [Guard]. What gotch's layers make in between is freed by its
// finalizers.
func NewModule(vs *gotchnn.VarStore, model ts.ModuleT) (*Module, error) {
	if vs == nil || model == nil {
		return nil, errors.New("interop: NewModule needs a VarStore and a model, one is nil")
	}
	m := &Module{store: vs, model: model}
	all := vs.Variables()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	parts := map[string]nn.Module{"": m}
	for _, name := range names {
		theirs := all[name]
		ours, err := FromGotch(nil, &theirs)
		if err != nil {
			nn.Close(m)
			return nil, fmt.Errorf("%w: %s", err, name)
		}
		m.vars = append(m.vars, variable{&theirs, ours})
		path, last := cut(name)
		part := partAt(parts, path).(registers)
		if ours.RequiresGrad() {
			part.RegisterParameter(last, ours)
		} else {
			part.RegisterBuffer(last, ours)
		}
	}
	for path, part := range parts {
		if p, ok := part.(*nn.Part); ok { // a norm is known by what it counts
			_, p.Norm = all[path+gotchnn.SEP+"running_mean"]
		}
	}
	return m, nil
}

// registers is what embedding [nn.Base] gives.
type registers interface {
	Register(name string, child nn.Module)
	RegisterParameter(name string, t *torch.Tensor) *torch.Tensor
	RegisterBuffer(name string, t *torch.Tensor) *torch.Tensor
}

func cut(name string) (path, last string) {
	if i := strings.LastIndex(name, gotchnn.SEP); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// partAt is the part of that path, made with those above it where it is new.
func partAt(parts map[string]nn.Module, path string) nn.Module {
	if p, ok := parts[path]; ok {
		return p
	}
	parent, name := cut(path)
	p := &nn.Part{}
	partAt(parts, parent).(registers).Register(name, p)
	parts[path] = p
	return p
}

// Forward runs the model, in the module's mode.
func (m *Module) Forward(x *torch.Tensor) *torch.Tensor {
	if m == nil {
		panic(&torch.Error{Op: "interop", Msg: "the module is nil"})
	}
	for _, v := range m.vars {
		v.bind()
	}
	var y *torch.Tensor
	err := errors.New("the model's ForwardT returned nil")
	Guard(func() {
		in := Gotch(x)
		defer in.MustDrop()
		out := m.model.ForwardT(in, m.Training())
		if out == nil {
			return
		}
		if out != in {
			defer out.MustDrop()
		}
		y, err = FromGotch(x.Scope(), out)
	})
	if err != nil {
		panic(&torch.Error{Op: "gotch", Msg: err.Error()})
	}
	return y
}

// bind makes both handles of one tensor again after [nn.To], which a Learner calls, gave us
// another over the same memory. gotch's layers hold views that can't follow to other memory.
func (v variable) bind() {
	s := torch.NewScope()
	defer s.Close()
	theirs, err := FromGotch(s, v.theirs)
	if err != nil {
		panic(&torch.Error{Op: "gotch", Msg: err.Error()})
	}
	switch {
	case theirs.IsSame(v.ours):
	case theirs.SharesMemory(v.ours):
		v.ours.Assign(theirs)
	default:
		panic(&torch.Error{Op: "gotch", Msg: "a model of gotch's can't be moved to another device, dtype or layout: make its VarStore where the loaders put their batches"})
	}
}
