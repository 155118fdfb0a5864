package torch

import (
	"math"
	"strconv"
	"sync"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// opCall holds a call's arguments as words, which C reads without looking into Go's memory.
type opCall struct {
	words    []int64
	texts    []byte
	n        int // arguments
	operands []*Tensor
	objects  []*Object
	results  [32]int64
}

var calls = sync.Pool{New: func() any { return &opCall{} }}

func (c *opCall) reset() {
	clear(c.operands)
	clear(c.objects)
	c.words, c.texts, c.operands, c.objects, c.n = c.words[:0], c.texts[:0], c.operands[:0], c.objects[:0], 0
}

func (c *opCall) done() {
	c.reset()
	calls.Put(c)
}

func (c *opCall) put(words ...int64) { c.words = append(c.words, words...) }

// encode writes the arguments down, or tells why they don't fit.
func (c *opCall) encode(s *schema, args []any, kwargs Kwargs) (reason string) {
	c.reset()
	if len(args) > len(s.args) {
		return strconv.Itoa(len(args)) + " arguments, want at most " + strconv.Itoa(len(s.args))
	}
	used := 0
	for i := range s.args {
		a := &s.args[i]
		v, named := kwargs[a.name]
		if named {
			used++
		}
		switch {
		case i < len(args) && a.keyword:
			return "argument " + a.name + " must be named, in Kwargs"
		case i < len(args) && named:
			return "argument " + a.name + " is given twice"
		case i < len(args):
			v = args[i]
		case named:
		case a.hasDefault:
			c.put(shim.OpDefault)
			continue
		default:
			return "argument " + a.name + " is missing"
		}
		if !c.value(a, v) {
			return "argument " + a.name + " is a " + typeOf(v) + ", want " + a.typ
		}
	}
	if used < len(kwargs) {
		for name := range kwargs {
			if !s.has(name) {
				return "there is no argument " + name
			}
		}
	}
	c.n = len(s.args)
	return ""
}

// value writes one argument down; false: it doesn't fit.
func (c *opCall) value(a *argument, v any) bool {
	switch v := v.(type) {
	case nil:
		c.put(shim.OpNone)
		return a.optional
	case *Object:
		if a.kind != objectKind || v == nil || v.value == nil {
			return false
		}
		c.objects = append(c.objects, v)
		c.put(shim.OpObject, int64(uintptr(v.value)))
		return true
	}
	if a.list {
		return c.list(a, v)
	}
	switch a.kind {
	case tensorKind:
		t, ok := v.(*Tensor)
		if ok && t == nil {
			c.put(shim.OpNone)
			return a.optional
		}
		if ok {
			c.operands = append(c.operands, t)
			c.put(shim.OpTensor, c.handle(t))
		}
		return ok
	case stringKind:
		text, ok := v.(string)
		c.put(shim.OpString, int64(len(text)), int64(len(c.texts)))
		c.texts = append(c.texts, text...)
		return ok
	case dtypeKind:
		d, ok := v.(DType)
		c.put(shim.OpInt, int64(d))
		return ok
	case deviceKind:
		d, ok := v.(Device)
		c.put(shim.OpDevice, int64(d.c(a.name)))
		return ok
	case formatKind:
		f, ok := v.(MemoryFormat)
		c.put(shim.OpInt, int64(f))
		return ok
	case boolKind:
		b, ok := v.(bool)
		c.put(shim.OpBool, int64(flag(b)))
		return ok
	case objectKind:
		return false
	}
	return c.number(a.kind, v)
}

// handle is 0 for a closed tensor, whose use panics when the call is made.
func (c *opCall) handle(t *Tensor) int64 { return int64(uintptr(t.c)) }

func (c *opCall) number(kind argKind, v any) bool {
	if i, ok := integer(v); ok {
		if kind == floatKind {
			c.put(shim.OpDouble, floatWord(float64(i)))
		} else {
			c.put(shim.OpInt, i)
		}
		return true
	}
	switch v := v.(type) {
	case float64:
		c.put(shim.OpDouble, floatWord(v))
		return kind != intKind
	case float32:
		c.put(shim.OpDouble, floatWord(float64(v)))
		return kind != intKind
	case bool:
		c.put(shim.OpBool, int64(flag(v)))
		return kind == scalarKind
	case complex128:
		c.put(shim.OpComplex, floatWord(real(v)), floatWord(imag(v)))
		return kind == scalarKind
	}
	return false
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	}
	return 0, false
}

func floatWord(v float64) int64 { return int64(math.Float64bits(v)) }

// list writes a list down.
func (c *opCall) list(a *argument, v any) bool {
	switch v := v.(type) {
	case []*Tensor:
		tag := int64(shim.OpTensors)
		if a.elemNone {
			tag = shim.OpOptionals
		}
		c.put(tag, int64(len(v)))
		for _, t := range v {
			if t == nil {
				if !a.elemNone {
					return false
				}
				c.put(0)
				continue
			}
			c.operands = append(c.operands, t)
			c.put(c.handle(t))
		}
		return a.kind == tensorKind
	case []int64:
		return putInts(c, a, v)
	case []int:
		return putInts(c, a, v)
	case []float64:
		if a.kind == scalarKind {
			return putMixed(c, a, v)
		}
		c.put(shim.OpDoubles, int64(len(v)))
		for _, f := range v {
			c.put(floatWord(f))
		}
		return a.kind == floatKind
	case []bool:
		c.put(shim.OpBools, int64(len(v)))
		for _, b := range v {
			c.put(int64(flag(b)))
		}
		return a.kind == boolKind
	case []string:
		return a.kind == stringKind && putMixed(c, a, v)
	case []any:
		return (a.kind == scalarKind || a.elemNone) && putMixed(c, a, v)
	}
	if i, ok := integer(v); ok && a.kind == intKind && a.fixed > 0 {
		c.put(shim.OpInts, int64(a.fixed))
		for range a.fixed {
			c.put(i)
		}
		return true
	}
	return false
}

func putInts[T int | int64](c *opCall, a *argument, v []T) bool {
	switch a.kind {
	case scalarKind:
		return putMixed(c, a, v)
	case floatKind:
		c.put(shim.OpDoubles, int64(len(v)))
		for _, i := range v {
			c.put(floatWord(float64(i)))
		}
		return true
	}
	c.put(shim.OpInts, int64(len(v)))
	for _, i := range v {
		c.put(int64(i))
	}
	return a.kind == intKind
}

func putMixed[T any](c *opCall, a *argument, v []T) bool {
	elem := argument{kind: a.kind, optional: a.elemNone}
	c.put(shim.OpList, int64(len(v)))
	for _, e := range v {
		if !c.value(&elem, e) {
			return false
		}
	}
	return true
}
