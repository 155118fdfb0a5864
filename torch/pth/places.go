package pth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Place is a part of a file's tree that looks like a state_dict.
type Place struct {
	Where   string // the path to it, which [StateDictAt] takes: ".state_dict_ema"
	Tensors int    // how many it has
	Module  bool   // it is a whole module, whose parameters and buffers they are
}

// Places lists the places of a tree that look like a state_dict, the outermost first. The states of optimizers are left out.
func Places(v any) []Place {
	w := placer{seen: map[any]bool{}, tensors: holder{}}
	w.walk(v, "")
	return w.places
}

// ListPlaces joins places for a message.
func ListPlaces(places []Place) string {
	if len(places) == 0 {
		return "nothing"
	}
	var texts []string
	for i, p := range places {
		if i == 20 {
			texts = append(texts, fmt.Sprintf("and %d more", len(places)-i))
			break
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}

// String is the place with what is there: "state_dict_ema (120 tensors)".
func (p Place) String() string {
	what := "tensors"
	if p.Tensors == 1 {
		what = "tensor"
	}
	if p.Module {
		what += " of a whole module"
	}
	where := strings.TrimPrefix(p.Where, ".")
	if where == "" {
		where = "the file itself"
	}
	return fmt.Sprintf("%s (%d %s)", where, p.Tensors, what)
}

// A placer walks a tree once, however often its parts are referred to.
type placer struct {
	seen    map[any]bool
	tensors holder
	places  []Place
}

func (w *placer) walk(v any, at string) {
	id := identity(v)
	if id == nil || w.seen[id] || len(at) > maxWhere { // nobody types a longer path
		return
	}
	w.seen[id] = true
	switch v := v.(type) {
	case *Dict:
		switch {
		case isOptimizer(v):
		case w.tensors.stateDict(v):
			w.add(v, at, false)
		default:
			for k, item := range v.All() {
				w.walk(item, at+step(k))
			}
		}
	case *List:
		w.items(v.Items, at)
	case Tuple:
		w.items(v, at)
	case *Object:
		if state := moduleState(v); state.Len() > 0 {
			w.add(state, at, true)
		} else {
			w.walk(v.attributes(), at)
			w.walk(&v.Dict, at)
			w.items(v.Args, at)
			w.items(v.Items, at)
		}
	}
}

func (w *placer) items(items []any, at string) {
	for i, item := range items {
		w.walk(item, at+place{index: i}.String())
	}
}

func (w *placer) add(d *Dict, at string, module bool) {
	n := 0
	for _, v := range d.All() {
		if _, ok := v.(*Tensor); ok {
			n++
		}
	}
	w.places = append(w.places, Place{Where: at, Tensors: n, Module: module})
}

// isOptimizer tells whether a dict is the state of torch.optim's or fastai's optimizers, whose averages look like weights.
func isOptimizer(d *Dict) bool {
	_, state := d.Get("state")
	_, groups := d.Get("param_groups")
	_, hypers := d.Get("hypers")
	return state && (groups || hypers)
}

// identity tells containers of values apart; it is nil for what holds none.
func identity(v any) any {
	switch v := v.(type) {
	case *Dict:
		if v == nil {
			return nil
		}
		return v
	case *List, *Object:
		return v
	case Tuple:
		if len(v) > 0 {
			return tupleID(&v[0])
		}
	}
	return nil
}

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
		} else if !strings.HasSuffix(name, "_extra_state") && h.holds(v) {
			return false
		}
	}
	return tensors > 0 || d.Len() == 0 && d.Metadata() != nil
}

func isStateDict(d *Dict) bool { return make(holder).stateDict(d) }

// A location is a part of a tree and the path to it as [Found] has it.
type location struct {
	value any
	where string
}

// lookup follows a path from v. A key may hold dots and brackets itself: the longest one that fits is taken first.
func lookup(v any, path string) (location, error) {
	rest := strings.TrimPrefix(path, ".")
	if rest == "" {
		return location{v, ""}, nil
	}
	var deepest error
	for _, s := range steps(v) {
		for _, name := range s.names {
			tail, ok := strings.CutPrefix(rest, name)
			if !ok || name == "" || tail != "" && tail[0] != '.' && tail[0] != '[' {
				continue
			}
			at, err := lookup(s.value, tail)
			if err == nil {
				return location{at.value, s.where + at.where}, nil
			}
			deepest = err
		}
	}
	if deepest != nil {
		return location{}, deepest
	}
	return location{}, fmt.Errorf("a %s has no %s", describe(v), rest)
}

// A stepTo is one step from a value to what is in it.
type stepTo struct {
	location
	names []string // what a path may call it
}

// steps are the values in a container, the one of the longest name first.
func steps(v any) []stepTo {
	var all []stepTo
	keys := func(d *Dict) {
		for k, item := range d.All() {
			where := step(k)
			names := []string{strings.TrimPrefix(where, "."), strings.Trim(where, "[]")}
			if name, ok := k.(string); ok {
				names[1] = name
			}
			all = append(all, stepTo{location{item, where}, names})
		}
	}
	items := func(items []any) {
		for i, item := range items {
			where := place{index: i}.String()
			all = append(all, stepTo{location{item, where}, []string{where, strconv.Itoa(i)}})
		}
	}
	switch v := v.(type) {
	case *Dict:
		keys(v)
	case *List:
		items(v.Items)
	case Tuple:
		items(v)
	case *Object:
		keys(v.attributes())
		keys(&v.Dict)
		items(v.Args)
		items(v.Items)
	}
	slices.SortStableFunc(all, func(a, b stepTo) int { return len(b.where) - len(a.where) })
	return all
}
