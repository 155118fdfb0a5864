package pth

import "github.com/fastlearn-go/fastlearn/internal/guard"

// Attrs are the attributes that an object of a Python class would have got, nil if there are none.
func (o *Object) Attrs() *Dict {
	if o == nil {
		return nil
	}
	switch state := o.State.(type) {
	case *Dict:
		return state
	case Tuple: // with slots
		if len(state) == 2 {
			if d, ok := state[0].(*Dict); ok {
				return d
			}
			d, _ := state[1].(*Dict)
			return d
		}
	}
	return nil
}

// Attr returns an attribute that an object of a Python class would have got, and whether there is one of that name.
func (o *Object) Attr(name string) (any, bool) {
	return o.Attrs().Get(name)
}

// ModuleStateDict puts the state_dict of a whole pickled module together: the parameters and buffers of all its parts, by the names
// and in the order that its state_dict() would have. It returns nil for what is not a torch.nn.Module.
func ModuleStateDict(v any) *Dict {
	o, _ := v.(*Object)
	return moduleState(o)
}

func moduleState(o *Object) *Dict {
	if !isModule(o) {
		return nil
	}
	out := NewOrderedDict()
	addModule(out, o, "", map[*Object]bool{})
	return out
}

// isModule tells whether an object has what torch.nn.Module gives its attributes.
func isModule(o *Object) bool {
	if o == nil || o.Attrs() == nil {
		return false
	}
	for _, name := range []string{"_parameters", "_buffers", "_modules"} {
		if v, ok := o.Attr(name); !ok || !isDict(v) {
			return false
		}
	}
	return true
}

func isDict(v any) bool {
	_, ok := v.(*Dict)
	return ok
}

func addModule(out *Dict, o *Object, prefix string, above map[*Object]bool) {
	if above[o] || len(above) > maxModules {
		return
	}
	above[o] = true
	defer delete(above, o)
	attrs := o.Attrs()
	transient, _ := Get[*Set](attrs, "_non_persistent_buffers_set")
	for _, kind := range []string{"_parameters", "_buffers"} {
		d, _ := Get[*Dict](attrs, kind)
		for k, v := range d.All() {
			name, ok1 := k.(string)
			t, ok2 := v.(*Tensor)
			if ok1 && ok2 && !(kind == "_buffers" && transient.has(name)) {
				out.Set(prefix+name, t)
			}
		}
	}
	children, _ := Get[*Dict](attrs, "_modules")
	for k, v := range children.All() {
		name, ok := k.(string)
		child, _ := v.(*Object)
		if ok && isModule(child) {
			addModule(out, child, prefix+name+".", above)
		}
	}
}

// maxModules is more than modules are nested.
const maxModules = 100

// has tells whether an item is in a set.
func (s *Set) has(item any) bool {
	if s == nil {
		return false
	}
	for _, other := range s.Items {
		if other == item {
			return true
		}
	}
	return false
}

// Refusal returns why nothing was made of an object, and what to do in Python. The cause is a [*Refused].
func (o *Object) Refusal() error {
	if err := guard.Given("pth: Refusal", o); err != nil {
		return err
	}
	return &Error{Err: &Refused{Module: o.Module, Name: o.Name}, Msg: o.hint()}
}
