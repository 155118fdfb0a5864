package pth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
		keys(v.Attrs())
		keys(&v.Dict)
		items(v.Args)
		items(v.Items)
	}
	slices.SortStableFunc(all, func(a, b stepTo) int { return len(b.where) - len(a.where) })
	return all
}
