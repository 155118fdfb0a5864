package pth

import (
	"bytes"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// builders is the closed list of Python functions and classes that a file may name, and
// what is built in their place. Beside it there are the dtypes and the storage classes (see find).
var builders map[named]func(m *machine, args Tuple) (any, error)

// It is filled here, for the builders refer to one another.
func init() {
	builders = map[named]func(m *machine, args Tuple) (any, error){
		{"collections", "OrderedDict"}: buildOrderedDict,
		{"collections", "defaultdict"}: buildDefaultDict,
		{"collections", "Counter"}:     buildCounter,
		{"argparse", "Namespace"}:      buildNamespace,
		{"fastcore.foundation", "L"}:   buildL,

		{"builtins", "set"}:       func(m *machine, args Tuple) (any, error) { return buildSet(m, args, false) },
		{"builtins", "frozenset"}: func(m *machine, args Tuple) (any, error) { return buildSet(m, args, true) },
		{"builtins", "bytes"}:     buildBytes,
		{"builtins", "bytearray"}: buildByteArray,
		{"builtins", "complex"}:   buildComplex,
		{"_codecs", "encode"}:     buildEncoded,
		{"builtins", "list"}:      nil, // named as the factory of a defaultdict
		{"builtins", "dict"}:      nil,
		{"builtins", "int"}:       nil,
		{"builtins", "float"}:     nil,
		{"builtins", "str"}:       nil,

		{"torch", "Size"}:                      buildSize,
		{"torch", "device"}:                    buildDevice,
		{"torch.serialization", "_get_layout"}: buildLayout,

		{"torch._utils", "_rebuild_tensor"}:                        rebuildTensor,
		{"torch._utils", "_rebuild_tensor_v2"}:                     rebuildTensorV2,
		{"torch._utils", "_rebuild_tensor_v3"}:                     rebuildTensorV3,
		{"torch._utils", "_rebuild_parameter"}:                     rebuildParameter,
		{"torch._utils", "_rebuild_parameter_with_state"}:          rebuildParameterWithState,
		{"torch._utils", "_rebuild_device_tensor_from_cpu_tensor"}: rebuildFromCPU,
		{"torch._utils", "_rebuild_device_tensor_from_numpy"}:      rebuildFromCPU,
		{"torch.nn.parameter", "Parameter"}:                        newParameter,
		{"torch.nn", "Parameter"}:                                  newParameter,
		{"torch._tensor", "_rebuild_from_type_v2"}:                 rebuildFromType,
		{"torch", "Tensor"}:                                        nil, // named by _rebuild_from_type_v2

		{"numpy", "dtype"}:                         numpyDType,
		{"numpy", "ndarray"}:                       nil, // named by _reconstruct
		{"numpy.core.multiarray", "scalar"}:        numpyScalar,
		{"numpy._core.multiarray", "scalar"}:       numpyScalar,
		{"numpy.core.multiarray", "_reconstruct"}:  numpyReconstruct,
		{"numpy._core.multiarray", "_reconstruct"}: numpyReconstruct,
		{"numpy.core.numeric", "_frombuffer"}:      numpyFromBuffer,
		{"numpy._core.numeric", "_frombuffer"}:     numpyFromBuffer,
	}
}

func buildOrderedDict(m *machine, args Tuple) (any, error) {
	d := NewOrderedDict()
	switch len(args) {
	case 0:
		return d, nil
	case 1: // a list of pairs, as Python 2 writes it
		pairs, ok := args[0].(*List)
		if !ok {
			return nil, errArgs
		}
		if err := m.Spend(copyingPair * pairs.Len()); err != nil {
			return nil, err
		}
		for _, item := range pairs.Items {
			pair, _ := item.(Tuple)
			if l, ok := item.(*List); ok {
				pair = l.Items
			}
			if len(pair) != 2 {
				return nil, errArgs
			}
			if err := m.setItem(d, pair[0], pair[1]); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return nil, errArgs
}

func buildDefaultDict(_ *machine, args Tuple) (any, error) {
	if len(args) > 1 {
		return nil, errArgs
	}
	return &Dict{Kind: DefaultDict}, nil
}

func buildCounter(m *machine, args Tuple) (any, error) {
	d := &Dict{Kind: Counter}
	if len(args) == 0 {
		return d, nil
	}
	from, ok := args[0].(*Dict)
	if !ok || len(args) > 1 {
		return nil, errArgs
	}
	return d, m.copyItems(d, from)
}

func buildNamespace(_ *machine, args Tuple) (any, error) {
	if len(args) > 0 {
		return nil, errArgs
	}
	return &Dict{Kind: Namespace}, nil
}

func buildL(_ *machine, args Tuple) (any, error) {
	if len(args) > 0 {
		return nil, errArgs
	}
	return &List{Fastcore: true}, nil
}

func buildSet(m *machine, args Tuple, frozen bool) (any, error) {
	s := &Set{Frozen: frozen}
	if len(args) == 0 {
		return s, nil
	}
	list, ok := args[0].(*List)
	if !ok || len(args) > 1 {
		return nil, errArgs
	}
	if err := m.Spend(copyingItem * list.Len()); err != nil {
		return nil, err
	}
	s.seen, s.Items = make(map[any]bool, list.Len()), make([]any, 0, list.Len())
	for i := range list.Items {
		if err := m.addTo(s, []pickle.Slot{{Value: list.Items[i]}}); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func buildBytes(_ *machine, args Tuple) (any, error) {
	if len(args) > 0 {
		return nil, errArgs
	}
	return []byte{}, nil
}

func buildByteArray(m *machine, args Tuple) (any, error) {
	switch {
	case len(args) == 0:
		return ByteArray{}, nil
	case len(args) == 1:
		if b, ok := args[0].([]byte); ok {
			return ByteArray(bytes.Clone(b)), m.Spend(copyingByte * len(b))
		}
	case len(args) == 2: // text and its encoding, as Python 2 writes it
		b, err := buildEncoded(m, args)
		if err != nil {
			return nil, err
		}
		return ByteArray(b.([]byte)), nil
	}
	return nil, errArgs
}

func buildComplex(_ *machine, args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, errArgs
	}
	re, ok1 := args[0].(float64)
	im, ok2 := args[1].(float64)
	if !ok1 || !ok2 {
		return nil, errArgs
	}
	return complex(re, im), nil
}

// buildEncoded is codecs.encode(text, "latin1"), which is how protocol 2 writes bytes.
func buildEncoded(m *machine, args Tuple) (any, error) {
	if len(args) != 2 || args[1] != "latin1" && args[1] != "latin-1" {
		return nil, errArgs
	}
	s, ok := args[0].(string)
	if !ok {
		return nil, errArgs
	}
	if err := m.Spend(copyingByte * len(s)); err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, errorf("bytes that are written as text hold the character %q", r)
		}
		b = append(b, byte(r))
	}
	return b, nil
}

func buildSize(m *machine, args Tuple) (any, error) {
	if len(args) > 1 {
		return nil, errArgs
	}
	if len(args) == 0 {
		return Size{}, nil
	}
	items, ok := args[0].(Tuple)
	if !ok {
		return nil, errArgs
	}
	size, ok := ints(items)
	if !ok {
		return nil, errArgs
	}
	return Size(size), m.Spend(copyingNumber * len(size))
}

// maxWord is more than any name has of a kind of device, a layout, a storage or its place: they are hashed and compared without a price.
const maxWord = 64

func buildDevice(_ *machine, args Tuple) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errArgs
	}
	d := Device{Index: -1}
	var ok bool
	if d.Type, ok = args[0].(string); !ok || len(d.Type) > maxWord {
		return nil, errArgs
	}
	if len(args) == 2 {
		i, ok := args[1].(int64)
		if !ok || i < 0 || i > 1<<15 {
			return nil, errArgs
		}
		d.Index = int(i)
	}
	return d, nil
}

func buildLayout(_ *machine, args Tuple) (any, error) {
	if len(args) != 1 {
		return nil, errArgs
	}
	if name, ok := args[0].(string); ok && len(name) <= maxWord {
		return Layout(name), nil
	}
	return nil, errArgs
}

// ints are the items of a tuple of ints.
func ints(items Tuple) ([]int64, bool) {
	out := make([]int64, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}
