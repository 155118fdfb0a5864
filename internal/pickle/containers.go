package pickle

import "fmt"

// ErrTooDeep returns the error of values that are nested too deep.
func ErrTooDeep() error { return fmt.Errorf("values are nested more than %d deep", MaxDepth) }

// tuple makes a tuple or a frozenset of the topmost values.
func (m *Machine) tuple() error {
	items, depth := m.pop(opcodes[m.op].pop)
	if depth >= MaxDepth {
		return ErrTooDeep()
	}
	var v any
	if m.op == OpFrozenSet {
		var err error
		if v, err = m.host.FrozenSet(items); err != nil {
			return err
		}
	} else {
		v = m.host.Tuple(AppendValues(nil, items))
	}
	m.Stack = append(m.Stack, Slot{v, depth + 1})
	return nil
}

// fill puts the topmost values into the list, set or dict below them.
func (m *Machine) fill() error {
	items, depth := m.pop(opcodes[m.op].pop - 1)
	target := &m.Stack[len(m.Stack)-1]
	if depth >= MaxDepth {
		return ErrTooDeep()
	}
	target.depth = max(target.depth, depth+1)
	switch m.op {
	case OpSetItem, OpSetItems:
		return m.host.SetItems(target.Value, items)
	case OpAddItems:
		return m.host.AddItems(target.Value, items)
	}
	return m.host.Append(target.Value, items)
}

// AppendValues appends the values of slots; what it makes anew is just as long as it must be, and never nil.
func AppendValues(to []any, items []Slot) []any {
	if to == nil {
		to = make([]any, 0, len(items))
	}
	for _, s := range items {
		to = append(to, s.Value)
	}
	return to
}
