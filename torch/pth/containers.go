package pth

func errTooDeep() error { return errorf("values are nested more than %d deep", maxDepth) }

// tuple makes a tuple or a frozenset of the topmost values.
func (m *machine) tuple() error {
	items, depth := m.pop(opcodes[m.op].pop)
	if depth >= maxDepth {
		return errTooDeep()
	}
	var v any
	if m.op == opFrozenSet {
		set := &Set{Frozen: true}
		if err := m.addItems(set, items); err != nil {
			return err
		}
		v = set
	} else {
		v = Tuple(appendValues(nil, items))
	}
	m.stack = append(m.stack, slot{v, depth + 1})
	return nil
}

// fill puts the topmost values into the list, set or dict below them.
func (m *machine) fill() error {
	items, depth := m.pop(opcodes[m.op].pop - 1)
	target := &m.stack[len(m.stack)-1]
	if depth >= maxDepth {
		return errTooDeep()
	}
	target.depth = max(target.depth, depth+1)
	switch m.op {
	case opSetItem, opSetItems:
		return m.setItems(target.value, items)
	case opAddItems:
		if set, ok := target.value.(*Set); ok {
			return m.addItems(set, items)
		}
	default:
		if list, ok := target.value.(*List); ok {
			list.Items = appendValues(list.Items, items)
			return nil
		}
	}
	if o, ok := target.value.(*Object); ok && o.Call {
		o.Items = appendValues(o.Items, items)
		return nil
	}
	return errorf("the pickle adds items to a %s", describe(target.value))
}

// appendValues appends the values of slots; what it makes anew is just as long as it must be, and never nil.
func appendValues(to []any, items []slot) []any {
	if to == nil {
		to = make([]any, 0, len(items))
	}
	for _, s := range items {
		to = append(to, s.value)
	}
	return to
}

// setItems sets pairs of keys and values.
func (m *machine) setItems(target any, pairs []slot) error {
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
	d.grow(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		if err := m.setItem(d, pairs[i].value, pairs[i+1].value); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) setItem(d *Dict, key, value any) error {
	if err := m.spend(keyPrice(key)); err != nil {
		return err
	}
	if !d.set(key, value) {
		return errorf("a %s cannot be the key of a dict, or is too long for one", describe(key))
	}
	return nil
}

// copyItems sets in a dict all that another one holds.
func (m *machine) copyItems(to, from *Dict) error {
	if err := m.spend(copyingPair * from.Len()); err != nil {
		return err
	}
	to.grow(from.Len())
	for k, v := range from.All() {
		if err := m.setItem(to, k, v); err != nil {
			return err
		}
	}
	return nil
}

// addItems puts items into a set, each once.
func (m *machine) addItems(set *Set, items []slot) error {
	for _, s := range items {
		if err := m.spend(keyPrice(s.value)); err != nil {
			return err
		}
		if !set.add(s.value) {
			return errorf("a %s cannot be in a set, or is too long for one", describe(s.value))
		}
	}
	return nil
}
