package pth

// useMemo stores the topmost value under a number, or fetches one.
func (m *machine) useMemo() error {
	i := uint64(len(m.memo))
	if m.op != opMemoize {
		width := map[byte]uint64{opBinPut: 1, opLongBinPut: 4, opBinGet: 1, opLongBinGet: 4}[m.op]
		var err error
		if i, err = m.uint(width); err != nil {
			return err
		}
	}
	if m.op == opBinGet || m.op == opLongBinGet {
		if i >= uint64(len(m.memo)) || m.memo[i] == any(unset{}) {
			return errorf("the pickle refers to its value number %d (byte %d), which it has not stored", i, m.opAt)
		}
		m.push(m.memo[i])
		return nil
	}
	// Picklers count from 0 or 1 and write two bytes or more for each.
	if i > uint64(m.opAt) {
		return errorf("the pickle stores a value as number %d after %d bytes", i, m.opAt)
	}
	if len(m.stack) == m.floor() {
		return errorf("the pickle stores a value (byte %d) where there is none", m.opAt)
	}
	for uint64(len(m.memo)) <= i {
		m.memo = append(m.memo, unset{})
	}
	m.memo[i] = m.stack[len(m.stack)-1]
	return nil
}

// tuple makes a tuple or a frozenset of the topmost values.
func (m *machine) tuple() error {
	var items []any
	var err error
	switch m.op {
	case opTuple1, opTuple2, opTuple3:
		items, err = m.pop(int(m.op-opTuple1) + 1)
	default:
		items, err = m.popMark()
	}
	if err != nil {
		return err
	}
	own := append(Tuple{}, items...)
	if m.op != opFrozenSet {
		m.push(own)
		return nil
	}
	set := &Set{Frozen: true}
	m.push(set)
	return set.add(own)
}

// fill puts the topmost values into the list, set or dict below them.
func (m *machine) fill() error {
	var items []any
	var err error
	switch m.op {
	case opAppend:
		items, err = m.pop(1)
	case opSetItem:
		items, err = m.pop(2)
	default:
		items, err = m.popMark()
	}
	if err != nil {
		return err
	}
	if len(m.stack) == m.floor() {
		return errorf("the pickle's opcode %s (byte %d) finds too few values: the file is damaged", opName(m.op), m.opAt)
	}
	target := m.stack[len(m.stack)-1]
	switch m.op {
	case opSetItem, opSetItems:
		return setItems(target, items)
	case opAddItems:
		if set, ok := target.(*Set); ok {
			return set.add(items)
		}
	default:
		switch list := target.(type) {
		case *List:
			list.Items = append(list.Items, items...)
			return nil
		case *Object:
			list.List.Items = append(list.List.Items, items...)
			return nil
		}
	}
	return errorf("the pickle adds items to a %s", describe(target))
}

func setItems(target any, items []any) error {
	d, ok := target.(*Dict)
	if o, isObject := target.(*Object); isObject {
		d, ok = &o.Items, true
	}
	if !ok {
		return errorf("the pickle sets items of a %s", describe(target))
	}
	if len(items)%2 != 0 {
		return errorf("the pickle sets items of a dict, with a key that has no value")
	}
	for i := 0; i < len(items); i += 2 {
		if !d.set(items[i], items[i+1]) {
			return errorf("a %s is the key of a dict", describe(items[i]))
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
