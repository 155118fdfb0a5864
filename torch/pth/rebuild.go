package pth

import (
	"bytes"
)

// maxDims is the number of dimensions that libtorch and numpy can work with.
const maxDims = 64

// storageClass is the class of a typed or an untyped storage, nil if there is none of that name.
// It can only be named in a persistent id.
func storageClass(module, name string) *global {
	if _, ok := dtypeOfStorage(name); ok || name == "UntypedStorage" || name == "_UntypedStorage" {
		return &global{module: module, name: name}
	}
	return nil
}

// Persistent turns a persistent id into the storage that it names.
func (m *machine) Persistent(v any) (any, error) {
	id, _ := v.(Tuple)
	if m.opaque && len(id) == 4 && id[0] == "module" { // before PyTorch 1.6: a module's class, with its source
		return id[1], nil
	}
	if len(id) < 5 || id[0] != "storage" || m.storage == nil {
		return nil, errorf("the pickle refers to something outside itself that isn't a storage: (%s)", describeAll(id))
	}
	return m.storage(id)
}

// declare reads what a persistent id says of a storage: ("storage", class, key, location, elements).
func declare(id Tuple) (s Storage, err error) {
	class, ok1 := id[1].(*global)
	key, ok2 := id[2].(string)
	location, ok3 := id[3].(string)
	n, ok4 := id[4].(int64)
	if !ok1 || !ok2 || !ok3 || !ok4 || n < 0 || len(key) > maxWord || len(location) > maxWord {
		return s, errorf("a storage is not described as PyTorch does it: (%s)", describeAll(id))
	}
	s = Storage{DType: Uint8, Location: location, key: key}
	if d, ok := dtypeOfStorage(class.name); ok {
		s.DType = d
	} else if storageClass(class.module, class.name) == nil {
		return s, errorf("a storage is of class %s", class)
	}
	s.declared = mulSat(n, int64(s.DType.Size()))
	return s, nil
}

// merge checks that a second description of a storage is the first one again.
func (s *Storage) merge(again Storage) error {
	if s.DType != again.DType || s.declared != again.declared || s.Location != again.Location {
		return errorf("storage %q is described in two ways: %d bytes of %v on %q, and %d bytes of %v on %q",
			s.key, s.declared, s.DType, s.Location, again.declared, again.DType, again.Location)
	}
	return nil
}

// rebuildTensor is _rebuild_tensor(storage, offset, size, stride).
func rebuildTensor(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errArgs
	}
	return m.newView(args, nil)
}

// newView is a tensor of (storage, offset, size, stride), of its storage's dtype if none is given.
func (m *machine) newView(args Tuple, dtype *DType) (*Tensor, error) {
	storage, ok1 := args[0].(*Storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := m.dims(args[2])
	stride, ok4 := m.dims(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, errArgs
	}
	t := &Tensor{Storage: storage, DType: storage.DType, Shape: shape, Stride: stride, Offset: offset}
	if dtype != nil {
		t.DType = *dtype
	}
	return t, t.check()
}

// check tells whether a tensor lies within its storage.
func (t *Tensor) check() error {
	if len(t.Shape) > maxDims {
		return errorf("a tensor has %d dimensions", len(t.Shape))
	}
	end, ok := t.extent()
	if !ok {
		return errorf("a tensor of shape %v, strides %v and offset %d cannot be", t.Shape, t.Stride, t.Offset)
	}
	if need := mulSat(end, int64(t.DType.Size())); t.Len() > 0 && need > t.Storage.declared {
		return errorf("a %v tensor of shape %v, strides %v and offset %d needs %d bytes, and its storage has %d",
			t.DType, t.Shape, t.Stride, t.Offset, need, t.Storage.declared)
	}
	return nil
}

// dims are the numbers of a shape or of strides.
func (m *machine) dims(v any) ([]int64, bool) {
	switch v := v.(type) {
	case Tuple:
		if len(v) > maxDims || m.Spend(copyingNumber*len(v)) != nil {
			return nil, false
		}
		return ints(v)
	case Size:
		return v, len(v) <= maxDims
	}
	return nil, false
}

// rebuildTensorV2 is _rebuild_tensor_v2(…, requires_grad, backward_hooks[, metadata]).
func rebuildTensorV2(m *machine, args Tuple) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, errArgs
	}
	return m.rebuildWith(args[:6], args[6:], nil)
}

// rebuildTensorV3 is _rebuild_tensor_v3(…, requires_grad, backward_hooks, dtype[, metadata]).
func rebuildTensorV3(m *machine, args Tuple) (any, error) {
	if len(args) != 7 && len(args) != 8 {
		return nil, errArgs
	}
	d, ok := args[6].(DType)
	if !ok {
		return nil, errArgs
	}
	return m.rebuildWith(args[:6], args[7:], &d)
}

func (m *machine) rebuildWith(args, metadata Tuple, dtype *DType) (any, error) {
	requiresGrad, ok := args[4].(bool)
	if !ok {
		return nil, errArgs
	}
	if hooks, ok := args[5].(*Dict); args[5] != nil && (!ok || hooks.Len() > 0) {
		return nil, oddf("a tensor was saved with backward hooks")
	}
	t, err := m.newView(args[:4], dtype)
	if err != nil {
		return nil, err
	}
	t.RequiresGrad = requiresGrad
	if len(metadata) == 1 && metadata[0] != nil {
		return t, t.setMetadata(metadata[0])
	}
	return t, nil
}

// setMetadata takes {"conj": True, "neg": True}, of views whose numbers are to be changed when they are read.
func (t *Tensor) setMetadata(v any) error {
	d, ok := v.(*Dict)
	known := 0
	for name, flag := range map[string]*bool{"conj": &t.Conj, "neg": &t.Neg} {
		if v, found := d.Get(name); found {
			*flag, _ = v.(bool)
			known++
		}
	}
	if !ok || known != d.Len() {
		return oddf("a tensor has the metadata %s", describe(v))
	}
	return t.checkSigns()
}

// rebuildFromCPU is _rebuild_device_tensor_from_cpu_tensor(tensor, dtype, device, requires_grad) and
// _rebuild_device_tensor_from_numpy(array, …), which PyTorch writes for devices that have no storages, such as TPUs.
func rebuildFromCPU(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errArgs
	}
	dtype, ok1 := args[1].(DType)
	requiresGrad, ok2 := args[3].(bool)
	t, ok3 := args[0].(*Tensor)
	if a, ok := args[0].(*Array); ok && !a.Fortran {
		if err := m.Spend(copyingByte * len(a.Data)); err != nil {
			return nil, err
		}
		t, ok3 = NewTensor(dtype, a.Shape, bytes.Clone(a.Data)), t.NBytes() == int64(len(a.Data))
		t.Storage.limit = int64(len(a.Data))
	}
	if !ok1 || !ok2 || !ok3 || t.DType != dtype {
		return nil, errArgs
	}
	out := *t
	out.RequiresGrad = requiresGrad
	return &out, nil
}

// oldTensor is torch.FloatTensor() and the like, to which PyTorch before 0.4 gave a storage and a view of it as their state.
func oldTensor(dtype DType) func(*machine, Tuple) (any, error) {
	return func(_ *machine, args Tuple) (any, error) {
		if len(args) > 0 {
			return nil, errArgs
		}
		return NewTensor(dtype, []int64{0}, nil), nil
	}
}
