package nn

import (
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/fastlearn-go/fastlearn/torch"
)

var (
	moduleType = reflect.TypeFor[Module]()
	baseType   = reflect.TypeFor[Base]()
	tensorType = reflect.TypeFor[torch.Tensor]()
)

// field is a field of a struct that can hold modules or tensors.
type field struct {
	index     int
	goName    string
	name      string // in the state_dict
	exported  bool
	registers bool // exported, or tagged
	inlined   bool // embedded without a tag: what it holds is the struct's own
	buffer    bool
	fault     string // of its tag
}

// plans has the fields of each struct type that was looked at.
var plans sync.Map // of reflect.Type: []field

// plan lists the fields of struct type t that can hold modules or tensors.
func plan(t reflect.Type) []field {
	if p, ok := plans.Load(t); ok {
		return p.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("nn")
		if tag == "-" || !holds(f.Type) {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		out := field{index: i, goName: f.Name, name: name, exported: f.IsExported(), registers: f.IsExported() || tagged,
			inlined: f.Anonymous && name == "", buffer: option == "buffer"}
		if name == "" {
			out.name = snakeCase(f.Name)
		}
		if strings.Contains(name, ".") || option != "" && option != "buffer" {
			out.fault = "its field " + f.Name + " has the tag nn:\"" + tag + "\": want a name without a dot, \"name,buffer\", \",buffer\" or \"-\""
		}
		fields = append(fields, out)
	}
	plans.Store(t, fields)
	return fields
}

// modules and holders keep what [isModule] and [holds] found, since reflection takes its time.
var modules, holders sync.Map // of reflect.Type: bool

func cached(m *sync.Map, t reflect.Type, find func() bool) bool {
	if is, ok := m.Load(t); ok {
		return is.(bool)
	}
	is := find()
	m.Store(t, is)
	return is
}

// holds tells whether a value of type t can lead to a module or to a tensor.
func holds(t reflect.Type) bool {
	return cached(&holders, t, func() bool { return canHold(t, map[reflect.Type]bool{}) })
}

// canHold is [holds] on the way through the types in seen.
func canHold(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == baseType {
		return false
	}
	seen[t] = true
	if t == tensorType || isModule(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return canHold(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("nn") != "-" && canHold(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// isModule tells whether t or a pointer to it is a module.
func isModule(t reflect.Type) bool {
	return cached(&modules, t, func() bool {
		return t.Implements(moduleType) || t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(moduleType)
	})
}

// snakeCase is the name of an exported field in a state_dict: lower case, with an underscore
// before a capital that follows a small letter, and before the last of several capitals or
// the capital behind a digit, where a small letter follows: LayerNorm1 is layer_norm1, FC fc, HTTPHead
// http_head, Conv2dBN conv2d_bn, Conv2D conv2d.
func snakeCase(name string) string {
	rs := []rune(name)
	var b strings.Builder
	for i, r := range rs {
		if i > 0 && unicode.IsUpper(r) {
			before, small := rs[i-1], i+1 < len(rs) && unicode.IsLower(rs[i+1])
			if unicode.IsLower(before) || small && (unicode.IsUpper(before) || unicode.IsDigit(before)) {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
