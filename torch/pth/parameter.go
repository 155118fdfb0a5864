package pth

import "github.com/fastlearn-go/fastlearn/internal/pickle"

// rebuildParameter is _rebuild_parameter(tensor, requires_grad, backward_hooks).
func rebuildParameter(m *machine, args Tuple) (any, error) {
	if len(args) != 3 {
		return nil, errArgs
	}
	return newParameter(m, args[:2])
}

// rebuildParameterWithState is _rebuild_parameter_with_state(tensor, requires_grad, backward_hooks, state).
func rebuildParameterWithState(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errArgs
	}
	t, err := newParameter(m, args[:2])
	if err != nil {
		return nil, err
	}
	return t, m.setAttrs(t.(*Tensor), args[3])
}

// newParameter is torch.nn.Parameter(tensor[, requires_grad]).
func newParameter(_ *machine, args Tuple) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errArgs
	}
	t, ok := args[0].(*Tensor)
	if !ok {
		return nil, errArgs
	}
	requiresGrad := true
	if len(args) == 2 {
		if requiresGrad, ok = args[1].(bool); !ok {
			return nil, errArgs
		}
	}
	p := *t
	p.IsParameter, p.RequiresGrad = true, requiresGrad
	return &p, nil
}

// rebuildFromType is _rebuild_from_type_v2(function, type, args, state): a tensor
// with attributes, or of a subclass.
func rebuildFromType(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errArgs
	}
	// The function may be this one again, with args of its own, and so on: for each step there is a price.
	if err := m.Spend(copyingPair); err != nil {
		return nil, err
	}
	v, err := m.Call(args[0], []pickle.Slot{{Value: args[2]}})
	if err != nil {
		return nil, err
	}
	t, ok := v.(*Tensor)
	if !ok {
		return nil, errArgs
	}
	switch class := args[1].(type) {
	case *global:
		switch class.String() {
		case "torch.Tensor":
		case "torch.nn.parameter.Parameter":
			t.IsParameter = true
		default:
			return nil, errArgs
		}
	case *Object: // a subclass, of which WithOpaque keeps the tensor
	default:
		return nil, errArgs
	}
	return t, m.setAttrs(t, args[3])
}

// setState gives a tensor the state that its pickle has apart from it: attributes, or what PyTorch 0.4 and before wrote of it.
func (m *machine) setState(t *Tensor, state any) error {
	s, _ := state.(Tuple)
	switch {
	case len(s) == 3 && t.IsParameter: // requires_grad, volatile, backward_hooks
		if requiresGrad, ok := s[0].(bool); ok {
			t.RequiresGrad = requiresGrad
			return nil
		}
	case len(s) == 4: // storage, offset, size, stride
		if view, err := m.newView(s, nil); err != errArgs {
			if err == nil {
				t.Storage, t.DType, t.Shape, t.Stride, t.Offset = view.Storage, view.DType, view.Shape, view.Stride, view.Offset
			}
			return err
		}
	}
	return m.setAttrs(t, state)
}

// setAttrs takes over the attributes that a tensor object had in Python: a dict, or the
// pair of a dict and a dict of slots. With WithOpaque, what a subclass of a tensor made of them itself is the attribute "__getstate__".
func (m *machine) setAttrs(t *Tensor, state any) error {
	first, second := state, any(nil)
	if pair, ok := state.(Tuple); ok && len(pair) == 2 {
		first, second = pair[0], pair[1]
	}
	for _, part := range []any{first, second} {
		if _, ok := part.(*Dict); part == nil || ok {
			continue
		}
		if !m.opaque {
			return oddf("a tensor's attributes are a %s", describe(part))
		}
		if t.Attrs == nil { // as always: a pickler gives one state
			t.Attrs = NewDict()
			t.Attrs.Set("__getstate__", state)
		}
		return nil
	}
	if err := m.addAttrs(t, first); err != nil {
		return err
	}
	return m.addAttrs(t, second)
}

func (m *machine) addAttrs(t *Tensor, state any) error {
	d, _ := state.(*Dict)
	if d.Len() == 0 {
		return nil
	}
	if t.Attrs == nil {
		t.Attrs = NewDict()
	}
	return m.copyItems(t.Attrs, d)
}
