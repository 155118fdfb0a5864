package pth

// build executes BUILD: it gives an object its state.
func (m *machine) build(target, state any) (any, error) {
	switch v := target.(type) {
	case *Dict:
		d, ok := state.(*Dict)
		if !ok {
			break
		}
		switch {
		case v.Kind == Namespace:
			return v, m.copyItems(v, d)
		case v.Attrs == nil: // as always: a pickler makes the state for this purpose
			v.Attrs = d
			return v, nil
		}
		return v, m.copyItems(v.Attrs, d)
	case *List:
		d, ok := state.(*Dict)
		if !ok || !v.Fastcore {
			break
		}
		if items, ok := Get[*List](d, "items"); ok && d.Len() == 1 {
			v.Items = items.Items
			return v, nil
		}
	case *Tensor:
		return v, m.setAttrs(v, state)
	case *numpyType:
		return v, v.setState(state)
	case *Array:
		return m.setArray(v, state)
	case *Object:
		v.State = state
		return v, nil
	}
	return nil, errorf("the pickle gives a %s the state of a %s", describe(target), describe(state))
}
