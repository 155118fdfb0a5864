package pth

import (
	"fmt"
	"strings"
)

// finish turns what the machine left into the tree that users see, and refuses trees that nobody could
// walk: deeper than maxDepth, containing themselves, or of more than maxNodes values, where one that is
// referred to many times counts each time.
func finish(v any, maxNodes int64) (any, error) {
	f := finisher{sizes: map[any]int64{}, maxNodes: maxNodes}
	out, _, err := f.value(v)
	if err != nil {
		e := asError(err)
		e.Where = strings.Join(f.path, "")
		return nil, e
	}
	return out, nil
}

type finisher struct {
	sizes map[any]int64 // of every finished container; 0 while it is being walked
	path  []string

	maxNodes int64
}

// value finishes a value; n is the number of values in it.
func (f *finisher) value(v any) (out any, n int64, err error) {
	switch v := v.(type) {
	case *Dict, *List, *Set, *Object, *Tensor:
		n, err = f.shared(v)
		return v, n, err
	case Tuple:
		n, err = f.items(v)
		return v, n, err
	case *numpyType:
		return v.name(), 1, nil
	case *global:
		return v, 1, errorf("the file holds Python's %s itself where a value should be", v)
	}
	return v, 1, nil
}

// shared finishes a container that may be referred to more than once.
func (f *finisher) shared(v any) (int64, error) {
	if n, ok := f.sizes[v]; ok {
		if n == 0 {
			return 0, errorf("a %s contains itself", describe(v))
		}
		return n, nil
	}
	f.sizes[v] = 0
	var n int64
	var err error
	switch v := v.(type) {
	case *Dict:
		n, err = f.dict(v)
	case *List:
		n, err = f.items(v.Items)
	case *Set:
		n, err = f.items(v.Items)
	case *Tensor:
		n, err = f.attrs(v.Attrs)
	case *Object:
		n, err = f.object(v)
	}
	f.sizes[v] = n
	return n, err
}

func (f *finisher) items(items []any) (int64, error) {
	n := int64(1)
	for i := range items {
		if err := f.child(&items[i], &n, "["+fmt.Sprint(i)+"]"); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *finisher) dict(d *Dict) (int64, error) {
	n, err := f.attrs(d.Attrs)
	for i := 0; i < len(d.keys) && err == nil; i++ {
		if _, isType := d.keys[i].(*numpyType); isType {
			return n, errorf("a numpy dtype is the key of a dict")
		}
		err = f.child(&d.vals[i], &n, step(d.keys[i]))
	}
	return n, err
}

func (f *finisher) attrs(d *Dict) (int64, error) {
	n := int64(1)
	if d == nil {
		return n, nil
	}
	var v any = d
	return n, f.child(&v, &n, " (attributes)")
}

func (f *finisher) object(o *Object) (int64, error) {
	n, err := f.items(o.Args)
	if err == nil {
		err = f.child(&o.State, &n, " (state)")
	}
	if err == nil {
		var more int64
		more, err = f.dict(&o.Dict)
		n += more
	}
	if err == nil {
		var more int64
		more, err = f.items(o.Items)
		n += more
	}
	return n, err
}

// child finishes one value in place and adds its size to n. After an error, the path is left as it was there.
func (f *finisher) child(v *any, n *int64, step string) error {
	f.path = append(f.path, step)
	if len(f.path) > maxDepth {
		return errorf("values are nested more than %d deep", maxDepth)
	}
	out, more, err := f.value(*v)
	if err != nil {
		return err
	}
	if *n += more; *n > f.maxNodes {
		return errorf("more than %d values, counting each as often as it is referred to", f.maxNodes)
	}
	*v = out
	f.path = f.path[:len(f.path)-1]
	return nil
}
