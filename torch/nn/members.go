package nn

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch"
)

// node is a module of a tree, with what it has registered by hand and by its fields.
type node struct {
	name       string
	module     Module
	base       *Base
	children   []Child
	parameters []Named
	buffers    []Named
	hidden     []hidden // in fields that don't register
	faults     []string
}

// hidden is a module, by its base, or a tensor in a field that doesn't register it.
type hidden struct {
	of    any // *Base or *torch.Tensor
	field string
	what  string
}

// reader reads the fields of one module.
type reader struct {
	*node
	seen map[unsafe.Pointer]bool // pointers to plain structs
}

// place says where a value was found.
type place struct {
	field     string // Go's name: "Heads[2]"
	name      string // the state_dict's: "heads.2"
	registers bool
	buffer    bool
	home      string // the package whose structs are looked into
}

func (p place) at(key, name string) place {
	p.field += "[" + key + "]"
	p.name = join(p.name, name)
	return p
}

// read lists what m has.
func read(name string, m Module) *node {
	n := &node{name: name, module: m}
	if n.base = baseOf(m); n.base == nil {
		n.base = &Base{}
		n.faults = []string{"it is nil, or embeds a nil pointer"}
		return n
	}
	b := n.base
	n.children, n.parameters, n.buffers = slices.Clip(b.children), slices.Clip(b.parameters), slices.Clip(b.buffers)
	v := reflect.ValueOf(m)
	if !v.Comparable() {
		n.faults = append(n.faults, "it can't be compared: pass a pointer to it")
		return n
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	} else { // a copy, whose fields have addresses
		v = addressable(v)
	}
	r := reader{n, map[unsafe.Pointer]bool{}}
	r.fields(v, place{registers: true, home: v.Type().PkgPath()})
	return n
}

// baseOf is m's base, nil where m is nil or embeds nil.
func baseOf(m Module) (b *Base) {
	if isNil(m) {
		return nil
	}
	defer func() { recover() }() // of a method that is promoted through nil
	return m.base()
}

func isNil(m Module) bool {
	v := reflect.ValueOf(m)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}

// fields reads the fields of struct v.
func (r reader) fields(v reflect.Value, p place) {
	for _, f := range plan(v.Type()) {
		value := v.Field(f.index)
		if !value.CanInterface() { // what Go's reflection lets nobody read
			value = reflect.NewAt(value.Type(), unsafe.Pointer(value.UnsafeAddr())).Elem()
		}
		if f.fault != "" {
			r.faults = append(r.faults, f.fault)
		}
		if f.inlined && r.inline(value, p) {
			continue
		}
		if !f.exported && v.Type().PkgPath() != p.home {
			continue
		}
		q := place{field: f.goName, name: join(p.name, f.name), registers: p.registers && f.registers, buffer: p.buffer || f.buffer, home: p.home}
		if p.field != "" {
			q.field = p.field + "." + f.goName
		}
		r.value(value, q)
	}
}

// inline reads the fields of an embedded struct as the struct's own, unless it is a module with a
// base of its own, which is a child.
func (r reader) inline(v reflect.Value, p place) bool {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return true
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type() == tensorType {
		return false
	}
	v = addressable(v)
	if isModule(v.Type()) {
		m, _ := v.Addr().Interface().(Module)
		if b := baseOf(m); b != nil && b != r.base {
			return false
		}
	}
	p.home = v.Type().PkgPath()
	r.fields(v, p)
	return true
}

// value reads what a field, or an element of one, holds.
func (r reader) value(v reflect.Value, p place) {
	switch t := v.Type(); {
	case v.Kind() == reflect.Interface:
		if !v.IsNil() {
			r.value(v.Elem(), p)
		}
	case t == tensorType:
		if v.CanAddr() {
			r.tensor(v.Addr().Interface().(*torch.Tensor), p)
		}
	case v.Kind() == reflect.Pointer && v.IsNil():
	case v.Kind() == reflect.Pointer && isModule(t):
		r.child(v.Interface().(Module), p)
	case v.Kind() == reflect.Struct && isModule(t):
		if v.CanAddr() {
			v = v.Addr()
		} else if !t.Implements(moduleType) {
			r.faults = append(r.faults, fmt.Sprintf("its field %s holds a %s by value: hold a pointer to it", p.field, t))
			return
		}
		r.child(v.Interface().(Module), p)
	case !holds(t):
	case v.Kind() == reflect.Pointer:
		if at := v.UnsafePointer(); !r.seen[at] {
			r.seen[at] = t.Elem() != tensorType
			r.value(v.Elem(), p)
		}
	case v.Kind() == reflect.Struct:
		if t.PkgPath() != p.home && t.PkgPath() != "" { // of others only what they show, and nothing of it is registered
			p.registers = false
		}
		r.fields(addressable(v), p)
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		for i := range v.Len() {
			r.value(v.Index(i), p.at(strconv.Itoa(i), strconv.Itoa(i)))
		}
	case v.Kind() == reflect.Map:
		r.entries(v, p)
	}
}

// entries reads a map in the order of its keys.
func (r reader) entries(v reflect.Value, p place) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.CanInt() && b.CanInt() {
			return int(min(max(a.Int()-b.Int(), -1), 1))
		}
		return slices.Compare([]byte(fmt.Sprint(a)), []byte(fmt.Sprint(b)))
	})
	for _, key := range keys {
		name := fmt.Sprint(key)
		if fault := nameFault(name); fault != "" && p.registers {
			r.faults = append(r.faults, fault+" ("+p.field+")")
		}
		r.value(v.MapIndex(key), p.at(strconv.Quote(name), name))
	}
}

func (r reader) child(m Module, p place) {
	b := baseOf(m)
	switch {
	case b == nil:
		r.faults = append(r.faults, fmt.Sprintf("its field %s holds a %T that embeds a nil pointer", p.field, m))
	case slices.ContainsFunc(r.base.children, func(c Child) bool { return baseOf(c.Module) == b }):
	case !p.registers:
		r.hidden = append(r.hidden, hidden{b, p.field, fmt.Sprintf("%T", m)})
	case slices.ContainsFunc(r.children, func(c Child) bool { return c.Name == p.name }):
		r.twice(p)
	default:
		r.children = append(r.children, Child{p.name, m})
	}
}

func (r reader) tensor(t *torch.Tensor, p place) {
	is := func(n Named) bool { return n.Tensor == t }
	named := func(n Named) bool { return n.Name == p.name }
	switch {
	case slices.ContainsFunc(r.base.parameters, is) || slices.ContainsFunc(r.base.buffers, is):
	case !p.registers:
		r.hidden = append(r.hidden, hidden{t, p.field, "*torch.Tensor"})
	case slices.ContainsFunc(r.parameters, named) || slices.ContainsFunc(r.buffers, named):
		r.twice(p)
	case p.buffer:
		r.adopt(p, t, func() { t.Keep() })
		r.buffers = append(r.buffers, Named{p.name, t})
	default:
		r.adopt(p, t, func() { t.Keep().RequiresGrad_(true) })
		r.parameters = append(r.parameters, Named{p.name, t})
	}
}

// adopt makes a field's tensor the module's own when it is first seen.
func (r reader) adopt(p place, t *torch.Tensor, take func()) {
	if slices.Contains(r.base.adopted, t) {
		return
	}
	if leaf := true; !p.buffer && torch.Try(func() { leaf = t.IsLeaf() }) == nil && !leaf {
		r.faults = append(r.faults, fmt.Sprintf("its field %s holds a tensor that was computed from others: only a leaf can be trained (see the tags nn:\",buffer\" and nn:\"-\")", p.field))
		return
	}
	if err := torch.Try(take); err != nil {
		r.faults = append(r.faults, fmt.Sprintf("its field %s holds a tensor that can't be a parameter, as one is without the tag nn:\",buffer\" or nn:\"-\": %v", p.field, err))
		return
	}
	r.base.adopted = append(r.base.adopted, t)
}

func (r reader) twice(p place) {
	r.faults = append(r.faults, fmt.Sprintf("its field %s holds something else than what is registered as %s: give one of them another name, or don't register what a field registers", p.field, p.name))
}
