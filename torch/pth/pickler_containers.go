package pth

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// container writes a value that holds others.
func (p *pickler) container(v any) error {
	switch v := v.(type) {
	case *Dict:
		return p.dict(v)
	case map[string]any:
		d := NewDict()
		for _, k := range sortedKeys(v) {
			d.Set(k, v[k])
		}
		return p.dict(d)
	case *List:
		if p.Get(v) {
			return nil
		}
		return p.list(v, v.Items)
	case []any:
		return p.list(nil, v)
	case []int64:
		return p.list(nil, anys(v))
	case []float64:
		return p.list(nil, anys(v))
	case []string:
		return p.list(nil, anys(v))
	case Tuple:
		return p.tuple(v)
	case *Set:
		return p.set(v)
	}
	return errorf("a Go %T cannot be written; the documentation of Write lists what can", v)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func anys[T any](v []T) []any {
	out := make([]any, len(v))
	for i := range v {
		out[i] = v[i]
	}
	return out
}

// child writes a value inside another; step names its place. After an error, the path is left as it was there.
func (p *pickler) child(v any, step string) error {
	p.path = append(p.path, step)
	if len(p.path) > pickle.MaxDepth {
		return errorf("values are nested more than %d deep, or contain themselves", pickle.MaxDepth)
	}
	if err := p.value(v); err != nil {
		return err
	}
	p.path = p.path[:len(p.path)-1]
	return nil
}

func (p *pickler) dict(d *Dict) error {
	if p.Get(d) {
		return nil
	}
	switch d.Kind {
	case Counter: // holds a plain dict
		p.Global("collections", "Counter")
		if err := p.dict(&Dict{keys: d.keys, vals: d.vals}); err != nil {
			return err
		}
		p.Op(pickle.OpTuple1)
		p.Put(nil)
		p.Op(pickle.OpReduce)
		p.Put(d)
		return nil
	case OrderedDict:
		p.Global("collections", "OrderedDict")
		p.Op(pickle.OpEmptyTuple, pickle.OpReduce)
	default:
		p.Op(pickle.OpEmptyDict)
	}
	p.Put(d)
	err := p.Batches(len(d.keys), pickle.OpSetItem, pickle.OpSetItems, func(i int) error {
		if err := p.value(d.keys[i]); err != nil {
			return err
		}
		return p.child(d.vals[i], step(d.keys[i]))
	})
	if err != nil || d.Attrs == nil || d.Attrs.Len() == 0 || d.Kind != OrderedDict {
		return err
	}
	if err := p.child(d.Attrs, " (attributes)"); err != nil {
		return err
	}
	p.Op(pickle.OpBuild)
	return nil
}

func (p *pickler) list(key any, items []any) error {
	p.Op(pickle.OpEmptyList)
	p.Put(key)
	return p.Batches(len(items), pickle.OpAppend, pickle.OpAppends, func(i int) error {
		return p.child(items[i], fmt.Sprintf("[%d]", i))
	})
}

func (p *pickler) tuple(items Tuple) error {
	p.BeginTuple(len(items))
	for i, item := range items {
		if err := p.child(item, fmt.Sprintf("[%d]", i)); err != nil {
			return err
		}
	}
	p.EndTuple(len(items))
	return nil
}

func (p *pickler) set(s *Set) error {
	if s.Frozen {
		return errorf("a frozenset, which torch.load(weights_only=True) cannot read")
	}
	if p.Get(s) {
		return nil
	}
	p.Global("__builtin__", "set")
	if err := p.list(nil, s.Items); err != nil {
		return err
	}
	p.Op(pickle.OpTuple1)
	p.Put(nil)
	p.Op(pickle.OpReduce)
	p.Put(s)
	return nil
}
