package pth

// tuple makes a tuple or a frozenset of the topmost values.
func (m *machine) tuple() error {
	items, depth := m.popItems(opcodes[m.op].pop)
	if depth >= maxDepth {
		return errorf("values are nested more than %d deep", maxDepth)
	}
	v := slot{Tuple(items), depth + 1}
	if m.op == opFrozenSet {
		set := &Set{Frozen: true}
		if err := set.add(items); err != nil {
			return err
		}
		v.value = set
	}
	m.stack = append(m.stack, v)
	return nil
}

// fill puts the topmost values into the list, set or dict below them.
func (m *machine) fill() error {
	items, depth := m.popItems(opcodes[m.op].pop - 1)
	target := &m.stack[len(m.stack)-1]
	if depth >= maxDepth {
		return errorf("values are nested more than %d deep", maxDepth)
	}
	target.depth = max(target.depth, depth+1)
	switch m.op {
	case opSetItem, opSetItems:
		return setItems(target.value, items)
	case opAddItems:
		if set, ok := target.value.(*Set); ok {
			return set.add(items)
		}
	default:
		if list, ok := target.value.(*List); ok {
			if list.Items == nil {
				list.Items = items
			} else {
				list.Items = append(list.Items, items...)
			}
			return nil
		}
		if o, ok := target.value.(*Object); ok && o.Call {
			o.Items = append(o.Items, items...)
			return nil
		}
	}
	return errorf("the pickle adds items to a %s", describe(target.value))
}

// setItems sets pairs of keys and values.
func setItems(target any, pairs []any) error {
	d, ok := target.(*Dict)
	if o, isObject := target.(*Object); isObject && o.Call {
		d, ok = &o.Dict, true
	}
	if !ok {
		return errorf("the pickle sets items of a %s", describe(target))
	}
	if len(pairs)%2 != 0 {
		return errorf("the pickle sets items of a dict, and a key has no value")
	}
	for i := 0; i < len(pairs); i += 2 {
		if !d.set(pairs[i], pairs[i+1]) {
			return errorf("a %s is the key of a dict", describe(pairs[i]))
		}
	}
	return nil
}

// add puts items into a set, each once.
func (s *Set) add(items []any) error {
	seen := make(map[any]bool, len(s.Items)+len(items))
	for _, item := range s.Items {
		h, _ := hashable(item)
		seen[h] = true
	}
	for _, item := range items {
		h, ok := hashable(item)
		if !ok {
			return errorf("a %s is in a set", describe(item))
		}
		if !seen[h] {
			seen[h] = true
			s.Items = append(s.Items, item)
		}
	}
	return nil
}
