package pth

import (
	"fmt"
	"strconv"
)

// A List is a Python list.
type List struct {
	Items []any
	// Fastcore tells that the file holds a fastcore.foundation.L, which fastai uses in
	// place of lists. It is written as a plain list, which all readers understand.
	Fastcore bool
}

// NewList is a list of these items.
func NewList(items ...any) *List { return &List{Items: items} }

// Len is the number of items.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.Items)
}

// A Tuple is a Python tuple.
type Tuple []any

// A Set is a Python set, or with Frozen a frozenset, in the order of the file.
type Set struct {
	Items  []any
	Frozen bool

	seen map[any]bool // what is in it, hashed, while it is read
}

// add puts in an item unless it is there. It is false for what Python cannot hash.
func (s *Set) add(item any) bool {
	h, ok := hashable(item)
	if !ok {
		return false
	}
	if s.seen == nil {
		s.seen = map[any]bool{}
	}
	if !s.seen[h] {
		s.seen[h] = true
		s.Items = append(s.Items, item)
	}
	return true
}

// Size is a torch.Size.
type Size []int64

// A Device is a torch.device.
type Device struct {
	Type  string // "cpu", "cuda", …
	Index int    // -1: no index was given
}

// String is PyTorch's notation: "cpu", "cuda:1".
// String is its name in Python.
func (d Device) String() string {
	if d.Index < 0 {
		return d.Type
	}
	return d.Type + ":" + strconv.Itoa(d.Index)
}

// Layout is the name of a torch.layout, such as "torch.strided".
type Layout string

// ByteArray is a Python bytearray; a Python bytes is a []byte.
type ByteArray []byte

// NumpyDType is the type of numpy values in numpy's notation, such as "<f8".
type NumpyDType string

// A Scalar is a numpy scalar. Its Value is a bool, int64, uint64, float64, complex128, string or []byte.
type Scalar struct {
	DType NumpyDType
	Value any
}

// An Array is a numpy array of numbers or texts.
type Array struct {
	DType   NumpyDType
	Shape   []int64
	Fortran bool   // the first dimension is the one that is contiguous
	Data    []byte // the elements, little-endian
}

// An Object stands for a Python object, class or function that this package does not
// know, read with [WithOpaque]: inert data, of which nothing was ever executed.
type Object struct {
	Module, Name string
	Call         bool  // it is what calling Module.Name with Args gave; else it is Module.Name itself
	Args         Tuple // of the call; where the object that a call gave was called again, that object is the first
	State        any   // what its __setstate__ or its attributes would have got
	Dict         Dict  // what was put into it by key, if it is a kind of dict
	Items        []any // what was put into it, if it is a kind of list or set
}

// String is its name in Python.
func (o *Object) String() string {
	if o == nil {
		return ""
	}
	if o.Call {
		return fmt.Sprintf("<%s.%s object>", o.Module, o.Name)
	}
	return fmt.Sprintf("<%s.%s>", o.Module, o.Name)
}

// Float is the number in v as a float64, numpy's scalars included.
func Float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case Scalar:
		return Float(v.Value)
	}
	return 0, false
}

// Int is the integer in v, numpy's included.
func Int(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= 1<<63-1
	case Scalar:
		return Int(v.Value)
	}
	return 0, false
}
