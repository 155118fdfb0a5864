package pth

import (
	"fmt"
	"iter"
	"slices"
)

// DictKind tells which of Python's dicts a Dict is.
type DictKind uint8

const (
	PlainDict   DictKind = iota // dict
	OrderedDict                 // collections.OrderedDict, as every state_dict is
	DefaultDict                 // collections.defaultdict; its factory is not kept, and it is written as a dict
	Counter                     // collections.Counter
	Namespace                   // argparse.Namespace, its attributes being the items; written as a dict
)

// A Dict is a Python dict: an ordered map from hashable keys to values.
//
// Keys are mostly strings; a Go int and an int64 of one value are one key, as in Python are 1, 1.0 and True.
type Dict struct {
	Kind DictKind
	// Attrs are attributes of the dict object itself, nil if there are none:
	// an OrderedDict's "_metadata" is what PyTorch keeps there.
	Attrs *Dict

	keys, vals []any
	index      map[any]int // from hashed keys; nil while the dict is small and all keys are simple
}

// NewDict is an empty dict.
func NewDict() *Dict { return &Dict{} }

// NewOrderedDict is an empty collections.OrderedDict, the kind that state_dicts are.
func NewOrderedDict() *Dict { return &Dict{Kind: OrderedDict} }

// smallDict is the number of keys up to which a search beats a map.
const smallDict = 8

// Len is the number of keys.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.keys)
}

// Keys are the keys in order.
func (d *Dict) Keys() []any {
	if d == nil {
		return nil
	}
	return slices.Clone(d.keys)
}

// All ranges over keys and values in order.
func (d *Dict) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		if d == nil {
			return
		}
		for i, k := range d.keys {
			if !yield(k, d.vals[i]) {
				return
			}
		}
	}
}

// Get is the value at key, and whether the key is there.
func (d *Dict) Get(key any) (any, bool) {
	h, ok := hashable(key)
	if !ok || d == nil {
		return nil, false
	}
	if i := d.find(h); i >= 0 {
		return d.vals[i], true
	}
	return nil, false
}

// Set puts value at key: in the key's old place if it is there, else at the end. It panics if
// the key is of a type that Python cannot hash, as a Go map would, and so it does on a nil Dict.
func (d *Dict) Set(key, value any) {
	if d == nil {
		panic("pth: Set on a nil Dict")
	}
	if !d.set(key, value) {
		panic(fmt.Sprintf("pth: a %T cannot be a key of a dict", key))
	}
}

// Metadata is the "_metadata" that PyTorch's modules attach to their state_dict: from
// a module's name to a dict with its "version". It is nil if there is none.
func (d *Dict) Metadata() *Dict {
	if d == nil || d.Attrs == nil {
		return nil
	}
	m, _ := Get[*Dict](d.Attrs, "_metadata")
	return m
}

// SetMetadata attaches a state_dict's "_metadata". It panics on a nil Dict.
func (d *Dict) SetMetadata(m *Dict) {
	if d == nil {
		panic("pth: SetMetadata on a nil Dict")
	}
	if d.Attrs == nil {
		d.Attrs = NewDict()
	}
	d.Attrs.Set("_metadata", m)
}

// Get is the value at key if it is there and of type T.
func Get[T any](d *Dict, key any) (T, bool) {
	v, _ := d.Get(key)
	t, ok := v.(T)
	return t, ok
}

func (d *Dict) set(key, value any) bool {
	h, ok := hashable(key)
	if !ok {
		return false
	}
	if i := d.find(h); i >= 0 {
		d.vals[i] = value
		return true
	}
	if d.index != nil {
		d.index[h] = len(d.keys)
	}
	d.keys = append(d.keys, canonicalKey(key))
	d.vals = append(d.vals, value)
	if _, long := h.(hashed); d.index == nil && (long || len(d.keys) > smallDict) {
		d.index = make(map[any]int, 2*smallDict)
		for i, k := range d.keys {
			h, _ := hashable(k)
			d.index[h] = i
		}
	}
	return true
}

// grow makes place for n items in an empty dict.
func (d *Dict) grow(n int) {
	if len(d.keys) > 0 {
		return
	}
	d.keys, d.vals = make([]any, 0, n), make([]any, 0, n)
	if n > smallDict {
		d.index = make(map[any]int, n)
	}
}

func (d *Dict) find(h any) int {
	if d.index != nil {
		if i, ok := d.index[h]; ok {
			return i
		}
		return -1
	}
	if _, long := h.(hashed); long {
		return -1
	}
	for i, k := range d.keys {
		if kh, _ := hashable(k); kh == h {
			return i
		}
	}
	return -1
}
