package pth

import (
	"errors"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// A machine runs one pickle, and makes the values of this package for it: it is the machine's own host.
type machine struct {
	*pickle.Machine
	storage func(id Tuple) (*Storage, error) // what a persistent id stands for; nil: there are none
	opaque  bool
}

func newMachine(data []byte, storage func(Tuple) (*Storage, error), opaque bool) *machine {
	m := &machine{storage: storage, opaque: opaque}
	m.Machine = pickle.NewMachine(data, m)
	return m
}

// What is done to stored values is paid for, see [pickle.Machine.Spend].
const (
	copyingByte   = 64  // the price of a byte of text that is copied
	copyingNumber = 64  // of an int64
	copyingItem   = 256 // of a set's item
	copyingPair   = 512 // of a dict's key and value
)

// named is a class or a function by its name.
type named struct{ module, name string }

// A global is a Python class or function of the closed list. Only Call and Build act on
// it; it never is a value of the finished tree.
type global struct {
	module, name string
	call         func(m *machine, args Tuple) (any, error) // what REDUCE and NEWOBJ do; nil: it cannot be called
}

func (g *global) String() string { return g.module + "." + g.name }

// python2 are the modules that pickle's protocol 2 names as Python 2 did.
var (
	python2         = map[string]string{"__builtin__": "builtins", "copy_reg": "copyreg"}
	python2Builtins = map[string]string{"unicode": "str", "long": "int", "xrange": "range"}
)

func (m *machine) Known(module, name string) error {
	if m.opaque {
		return nil
	}
	_, err := find(module, name)
	return err
}

func (m *machine) Global(module, name string) (any, error) {
	v, err := find(module, name)
	if refused, ok := err.(*Refused); ok && m.opaque {
		return &Object{Module: refused.Module, Name: refused.Name}, nil
	}
	return v, err
}

// find is the closed list: what a name stands for. The error is a *Refused.
func find(module, name string) (any, error) {
	if new, ok := python2[module]; ok {
		module = new
		if new, ok := python2Builtins[name]; ok && module == "builtins" {
			name = new
		}
	}
	if call, ok := builders[named{module, name}]; ok {
		return &global{module, name, call}, nil
	}
	switch module {
	case "torch", "torch.cuda", "torch.storage":
		if strings.HasSuffix(name, "Storage") {
			if g := storageClass(module, name); g != nil {
				return g, nil
			}
		} else if kind, ok := strings.CutSuffix(name, "Tensor"); ok && module != "torch.storage" {
			if d, ok := dtypeOfStorage(kind + "Storage"); ok {
				return &global{module, name, oldTensor(d)}, nil
			}
		} else if d, ok := dtypeNamed(name); ok && module == "torch" {
			return d, nil
		}
	}
	return &global{module: module, name: name}, &Refused{Module: module, Name: name}
}

// Call makes what Python's callable(*args) would be. operands are the args and, for NEWOBJ_EX, a
// dict of keyword arguments.
func (m *machine) Call(callable any, operands []pickle.Slot) (any, error) {
	args, ok := operands[0].Value.(Tuple)
	if !ok {
		return nil, errorf("the pickle calls %s with a %s in place of arguments", describe(callable), describe(operands[0].Value))
	}
	if o, ok := callable.(*Object); ok {
		if o.Call { // what a call gave is called itself, as cloudpickle does
			if err := m.Spend(copyingPair * len(args)); err != nil {
				return nil, err
			}
			args = append(Tuple{o}, args...)
		}
		return &Object{Module: o.Module, Name: o.Name, Call: true, Args: args}, nil
	}
	g, ok := callable.(*global)
	if ok && g.call == nil && m.opaque {
		return &Object{Module: g.module, Name: g.name, Call: true, Args: args}, nil
	}
	if !ok || g.call == nil {
		return nil, errorf("the pickle calls a %s", describe(callable))
	}
	if len(operands) > 1 {
		if keywords, ok := operands[1].Value.(*Dict); !ok || keywords.Len() > 0 {
			return nil, errorf("the pickle calls %s with keyword arguments", g)
		}
	}
	v, err := g.call(m, args)
	if err == errArgs {
		err = oddf("%s is called with arguments that do not fit it: (%s)", g, describeAll(args))
	}
	if m.opaque && isOdd(err) {
		return &Object{Module: g.module, Name: g.name, Call: true, Args: args}, nil
	}
	return v, err
}

// errArgs is what a builder returns for arguments that are not what it takes.
var errArgs = errors.New("arguments that do not fit")

// Build gives an object its state. One that doesn't take it is kept beside it, by WithOpaque.
func (m *machine) Build(target, state any) (any, error) {
	v, err := m.build(target, state)
	if m.opaque && isOdd(err) {
		return inert(target, state), nil
	}
	return v, err
}

// inert keeps a value, and the state that it doesn't take, as an object of its class.
func inert(v, state any) *Object {
	return &Object{Module: "builtins", Name: describe(v), Call: true, Args: Tuple{v}, State: state}
}

func (m *machine) build(target, state any) (any, error) {
	switch v := target.(type) {
	case *Dict:
		d, ok := state.(*Dict)
		if !ok {
			break
		}
		switch {
		case v.Kind == Namespace:
			return v, m.copyItems(v, d)
		case v.Attrs == nil: // as always: a pickler makes the state for this purpose
			v.Attrs = d
			return v, nil
		}
		return v, m.copyItems(v.Attrs, d)
	case *List:
		d, ok := state.(*Dict)
		if !ok || !v.Fastcore {
			break
		}
		if items, ok := Get[*List](d, "items"); ok && d.Len() == 1 {
			v.Items = items.Items
			return v, nil
		}
	case *Tensor:
		return v, m.setState(v, state)
	case *numpyType:
		return v, v.setState(state)
	case *Array:
		return m.setArray(v, state)
	case *Object:
		v.State = state
		return v, nil
	}
	return nil, oddf("the pickle gives a %s the state of a %s", describe(target), describe(state))
}

// copyItems sets in a dict all that another one holds.
func (m *machine) copyItems(to, from *Dict) error {
	if err := m.Spend(copyingPair * from.Len()); err != nil {
		return err
	}
	to.grow(from.Len())
	for k, v := range from.All() {
		if err := m.setItem(to, k, v); err != nil {
			return err
		}
	}
	return nil
}
