package pth

import "github.com/fastlearn-go/fastlearn/internal/pickle"

func (m *machine) List() any              { return &List{} }
func (m *machine) Dict() any              { return &Dict{} }
func (m *machine) Set() any               { return &Set{} }
func (m *machine) ByteArray(b []byte) any { return ByteArray(b) }

func (m *machine) Tuple(items []any) any {
	if items == nil {
		return Tuple{}
	}
	return Tuple(items)
}

func (m *machine) FrozenSet(items []pickle.Slot) (any, error) {
	set := &Set{Frozen: true}
	return set, m.addTo(set, items)
}

func (m *machine) Append(target any, items []pickle.Slot) error {
	if list, ok := target.(*List); ok {
		list.Items = pickle.AppendValues(list.Items, items)
		return nil
	}
	return addToObject(target, items)
}

// addToObject keeps items in an inert object that is a kind of list or set.
func addToObject(target any, items []pickle.Slot) error {
	if o, ok := target.(*Object); ok && o.Call {
		o.Items = pickle.AppendValues(o.Items, items)
		return nil
	}
	return errorf("the pickle adds items to a %s", describe(target))
}

// SetItems sets pairs of keys and values.
func (m *machine) SetItems(target any, pairs []pickle.Slot) error {
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
		if err := m.setItem(d, pairs[i].Value, pairs[i+1].Value); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) setItem(d *Dict, key, value any) error {
	if err := m.Spend(keyPrice(key)); err != nil {
		return err
	}
	if !d.set(key, value) && !(m.opaque && isHashed(key) && d.set(inert(key, nil), value)) {
		return unhashable(key, "the key of a dict")
	}
	return nil
}

// AddItems puts items into a set, each once.
func (m *machine) AddItems(target any, items []pickle.Slot) error {
	set, ok := target.(*Set)
	if !ok || set.Frozen {
		return addToObject(target, items)
	}
	return m.addTo(set, items)
}

func (m *machine) addTo(set *Set, items []pickle.Slot) error {
	for _, s := range items {
		if err := m.Spend(keyPrice(s.Value)); err != nil {
			return err
		}
		if !set.add(s.Value) && !(m.opaque && isHashed(s.Value) && set.add(inert(s.Value, nil))) {
			return unhashable(s.Value, "in a set")
		}
	}
	return nil
}
