package pth

import "github.com/fastlearn-go/fastlearn/internal/pickle"

// finish turns what the machine left into the tree that users see, and refuses trees that nobody could
// walk: deeper than pickle.MaxDepth, containing themselves, or of more than maxNodes values, where one that is
// referred to many times counts each time. It goes through each container once, however often it occurs.
func finish(v any, maxNodes int64, opaque bool) (out any, unknown []unknown, err error) {
	f := finisher{opaque: opaque, sizes: map[any]int64{}, classes: map[named]bool{}, maxNodes: maxNodes}
	out, _, err = f.value(v)
	if err != nil {
		e := asError(err)
		e.Where = f.path.String()
		return nil, nil, e
	}
	return out, f.unknown, nil
}

// unknown is the first object of an unknown class in a tree, and its place.
type unknown struct {
	*Object
	where string
}

type finisher struct {
	sizes   map[any]int64 // of every finished container; 0 while it is being walked
	path    path
	unknown []unknown
	objects []int          // how long the paths to the objects are that are being walked
	classes map[named]bool // of the unknown objects

	maxNodes int64
	opaque   bool // classes may be values
}

// tupleID identifies a tuple by the place of its items.
type tupleID *any

// value finishes a value; n is the number of values in it.
func (f *finisher) value(v any) (out any, n int64, err error) {
	switch v := v.(type) {
	case *Dict, *List, *Set, *Object, *Tensor, Tuple:
		if isLeaf(v) {
			return v, 1, nil
		}
		if t, ok := v.(Tuple); ok {
			return f.shared(tupleID(&t[0]), v)
		}
		return f.shared(v, v)
	case *numpyType:
		return v.name(), 1, nil
	case *global:
		if f.opaque {
			return &Object{Module: v.module, Name: v.name}, 1, nil
		}
		return v, 1, errorf("the file holds Python's %s itself where a value should be", v)
	}
	return v, 1, nil
}

// isLeaf tells whether nothing is in a container.
func isLeaf(v any) bool {
	switch v := v.(type) {
	case *Dict:
		return len(v.keys) == 0 && v.Attrs == nil
	case *List:
		return len(v.Items) == 0
	case *Set:
		return len(v.Items) == 0
	case Tuple:
		return len(v) == 0
	case *Tensor:
		return v.Attrs == nil
	}
	return false
}

// shared finishes a container that may be referred to more than once. One that contains itself is an error; among
// opaque objects, where that is common, an empty object of its class takes the inner one's place.
func (f *finisher) shared(id, v any) (out any, n int64, err error) {
	if n, ok := f.sizes[id]; ok {
		o, isObject := v.(*Object)
		switch {
		case n > 0:
			return v, n, nil
		case !f.opaque:
			return v, 0, errorf("a %s contains itself", describe(v))
		case isObject:
			return &Object{Module: o.Module, Name: o.Name, Call: true}, 1, nil
		}
		return &Object{Module: "builtins", Name: describe(v), Call: true}, 1, nil
	}
	f.sizes[id] = 0
	switch v := v.(type) {
	case *Dict:
		n, err = f.dict(v)
	case *List:
		n, err = f.items(v.Items)
	case *Set:
		v.seen = nil
		n, err = f.items(v.Items)
	case Tuple:
		n, err = f.items(v)
	case *Tensor:
		n, err = f.attrs(&v.Attrs)
	case *Object:
		n, err = f.object(v)
	}
	f.sizes[id] = n
	return v, n, err
}

func (f *finisher) items(items []any) (int64, error) {
	n := int64(1)
	for i := range items {
		if err := f.child(&items[i], &n, place{index: i}); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *finisher) dict(d *Dict) (int64, error) {
	n, err := f.attrs(&d.Attrs)
	for i := 0; i < len(d.keys) && err == nil; i++ {
		switch k := d.keys[i].(type) {
		case Tuple, *Set, *Object, *global, *numpyType:
			if d.keys[i], _, err = f.value(k); err != nil {
				return n, err
			}
		}
		err = f.child(&d.vals[i], &n, place{key: d.keys[i], isKey: true})
	}
	return n, err
}

func (f *finisher) attrs(d **Dict) (n int64, err error) {
	n = 1
	if *d == nil {
		return n, nil
	}
	var v any = *d
	err = f.child(&v, &n, place{key: note(" (attributes)"), isKey: true})
	*d, _ = v.(*Dict)
	return n, err
}

func (f *finisher) object(o *Object) (int64, error) {
	if class := (named{o.Module, o.Name}); !f.classes[class] && !o.isKept() {
		f.classes[class] = true
		u := unknown{Object: o}
		if len(f.unknown) == 0 {
			u.where = f.path[:f.outer()].String()
		}
		f.unknown = append(f.unknown, u)
	}
	f.objects = append(f.objects, len(f.path))
	defer func() { f.objects = f.objects[:len(f.objects)-1] }()
	n, err := f.items(o.Args)
	if err == nil {
		err = f.child(&o.State, &n, place{key: note(" (state)"), isKey: true})
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

// outer is how long the path to the outermost object is that is being walked.
func (f *finisher) outer() int {
	if len(f.objects) > 0 {
		return f.objects[0]
	}
	return len(f.path)
}

// isKept tells whether an object isn't one of an unknown class, but of one that is read, for arguments or a state that don't fit it.
func (o *Object) isKept() bool {
	_, err := find(o.Module, o.Name)
	return err == nil || o.Call && len(o.Args) == 1 && o.Module == "builtins" && o.Name == describe(o.Args[0])
}

// child finishes one value in place and adds its size to n. After an error, the path is left as it was there.
func (f *finisher) child(v *any, n *int64, at place) error {
	f.path = append(f.path, at)
	if len(f.path) > pickle.MaxDepth {
		return pickle.ErrTooDeep()
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
