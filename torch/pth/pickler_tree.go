package pth

import (
	"fmt"
	"slices"
	"strconv"
)

// batch is the number of items that Python's pickler puts between two marks.
const batch = 1000

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
		if p.get(v) {
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
	if len(p.path) > maxDepth {
		return errorf("values are nested more than %d deep, or contain themselves", maxDepth)
	}
	if err := p.value(v); err != nil {
		return err
	}
	p.path = p.path[:len(p.path)-1]
	return nil
}

func (p *pickler) dict(d *Dict) error {
	if p.get(d) {
		return nil
	}
	switch d.Kind {
	case Counter: // holds a plain dict
		p.global("collections", "Counter")
		if err := p.dict(&Dict{keys: d.keys, vals: d.vals}); err != nil {
			return err
		}
		p.out.Write([]byte{opTuple1})
		p.put(nil)
		p.out.WriteByte(opReduce)
		p.put(d)
		return nil
	case OrderedDict:
		p.global("collections", "OrderedDict")
		p.out.Write([]byte{opEmptyTuple, opReduce})
	default:
		p.out.WriteByte(opEmptyDict)
	}
	p.put(d)
	err := p.batches(len(d.keys), opSetItem, opSetItems, func(i int) error {
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
	p.out.WriteByte(opBuild)
	return nil
}

// batches writes n items as Python's pickler does: a single one by one opcode, more between marks.
func (p *pickler) batches(n int, one, many byte, item func(i int) error) error {
	for start := 0; start < n; start += batch {
		end := min(start+batch, n)
		if end-start == 1 {
			if err := item(start); err != nil {
				return err
			}
			p.out.WriteByte(one)
			break
		}
		p.out.WriteByte(opMark)
		for i := start; i < end; i++ {
			if err := item(i); err != nil {
				return err
			}
		}
		p.out.WriteByte(many)
	}
	return nil
}

func (p *pickler) list(key any, items []any) error {
	p.out.WriteByte(opEmptyList)
	p.put(key)
	return p.batches(len(items), opAppend, opAppends, func(i int) error {
		return p.child(items[i], fmt.Sprintf("[%d]", i))
	})
}

func (p *pickler) tuple(items Tuple) error {
	if len(items) > 3 {
		p.out.WriteByte(opMark)
	}
	for i, item := range items {
		if err := p.child(item, fmt.Sprintf("[%d]", i)); err != nil {
			return err
		}
	}
	p.endTuple(len(items))
	return nil
}

func (p *pickler) set(s *Set) error {
	if s.Frozen {
		return errorf("a frozenset, which torch.load(weights_only=True) cannot read")
	}
	if p.get(s) {
		return nil
	}
	p.global("__builtin__", "set")
	if err := p.list(nil, s.Items); err != nil {
		return err
	}
	p.out.WriteByte(opTuple1)
	p.put(nil)
	p.out.WriteByte(opReduce)
	p.put(s)
	return nil
}

// tensor writes a tensor as its __reduce_ex__ does, and its storage as a persistent id.
func (p *pickler) tensor(t *Tensor) error {
	if p.get(t) {
		return nil
	}
	if t.DType.Size() == 0 || t.Storage == nil {
		return errorf("a tensor without a dtype or a storage")
	}
	view := *t
	view.Storage = &Storage{declared: int64(len(t.Storage.Data))}
	if err := view.check(); err != nil {
		return err
	}
	if t.IsParameter {
		p.global("torch._utils", "_rebuild_parameter")
	}
	class := t.DType.info().storage
	rebuild := "_rebuild_tensor_v2"
	if class == "" {
		rebuild = "_rebuild_tensor_v3"
	}
	p.global("torch._utils", rebuild)
	p.out.WriteByte(opMark)
	if err := p.storage(t.Storage, t.DType); err != nil {
		return err
	}
	p.int(t.Offset)
	p.ints(t.Shape)
	p.ints(t.Stride)
	p.value(t.RequiresGrad && !t.IsParameter)
	p.emptyHooks()
	if class == "" {
		p.global("torch", t.DType.String())
	}
	p.out.WriteByte(opTuple)
	p.put(nil)
	p.out.WriteByte(opReduce)
	if !t.IsParameter {
		p.put(t)
		return nil
	}
	p.put(nil)
	p.value(t.RequiresGrad)
	p.emptyHooks()
	p.endTuple(3)
	p.out.WriteByte(opReduce)
	p.put(t)
	return nil
}

func (p *pickler) emptyHooks() {
	p.global("collections", "OrderedDict")
	p.out.Write([]byte{opEmptyTuple, opReduce})
	p.put(nil)
}

// storage writes ("storage", class, key, location, elements) and the opcode that makes it a persistent id.
func (p *pickler) storage(s *Storage, dtype DType) error {
	module, class, size := "torch", dtype.info().storage, int64(dtype.Size())
	if size == 0 {
		return errorf("a storage without a dtype")
	}
	if class == "" {
		module, class, size = "torch.storage", "UntypedStorage", 1
	}
	ref, ok := p.written[s]
	if !ok {
		ref = storageRef{len(p.storages), class}
		p.storages = append(p.storages, s)
		p.written[s] = ref
	}
	if ref.class != class {
		return errorf("one storage has tensors of several dtypes, which torch.save cannot write either: copy one of them")
	}
	if int64(len(s.Data))%size != 0 {
		return errorf("a storage of %d bytes holds no whole number of %v", len(s.Data), dtype)
	}
	p.out.WriteByte(opMark)
	p.string("storage")
	p.global(module, class)
	if !p.get(ref) {
		p.newString(strconv.Itoa(ref.number), ref)
	}
	location := s.Location
	if location == "" {
		location = "cpu"
	}
	p.string(location)
	p.int(int64(len(s.Data)) / size)
	p.out.WriteByte(opTuple)
	p.put(nil)
	p.out.WriteByte(opBinPersID)
	return nil
}
