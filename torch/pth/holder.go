package pth

import (
	"slices"
	"strings"
)

// A holder knows which containers hold a tensor anywhere in them. It looks at each once.
type holder map[any]bool

func (h holder) holds(v any) bool {
	if _, ok := v.(*Tensor); ok {
		return true
	}
	id := identity(v)
	if id == nil {
		return false
	}
	if known, ok := h[id]; ok {
		return known
	}
	h[id] = false // while it is looked at
	switch v := v.(type) {
	case *Dict:
		h[id] = slices.ContainsFunc(v.vals, h.holds)
	case *List:
		h[id] = slices.ContainsFunc(v.Items, h.holds)
	case Tuple:
		h[id] = slices.ContainsFunc(v, h.holds)
	case *Object:
		h[id] = h.holds(v.State) || h.holds(&v.Dict) || slices.ContainsFunc(v.Args, h.holds) || slices.ContainsFunc(v.Items, h.holds)
	}
	return h[id]
}

// stateDict tells whether all keys are strings and tensors are among the values, but no containers of tensors, which would be
// a checkpoint's parts. Plain values, as the extra state that modules may add, don't matter.
func (h holder) stateDict(d *Dict) bool {
	tensors := 0
	for k, v := range d.All() {
		name, ok := k.(string)
		if !ok {
			return false
		}
		if _, ok := v.(*Tensor); ok {
			tensors++
		} else if !strings.HasSuffix(name, "_extra_state") && !isTensor(v) && h.holds(v) {
			return false
		}
	}
	return tensors > 0 || d.Len() == 0 && d.Metadata() != nil
}

// isTensor tells whether an object is a tensor that isn't read, such as a sparse one, which is made of others.
func isTensor(v any) bool {
	o, _ := v.(*Object)
	return o != nil && o.Call && o.Module == "torch._utils" && strings.HasPrefix(o.Name, "_rebuild_")
}

func isStateDict(d *Dict) bool { return make(holder).stateDict(d) }
