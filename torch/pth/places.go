package pth

import (
	"fmt"
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
		return fmt.Sprintf(". (the file itself, %d %s)", p.Tensors, what)
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
			w.walk(v.Attrs(), at)
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
