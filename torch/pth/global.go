package pth

import (
	"fmt"
	"strings"
)

// A global is a Python class or function of the closed list. Only call and make act on
// it; it never is a value of the finished tree.
type global struct {
	module, name string
	call         func(m *machine, args Tuple) (any, error) // what REDUCE and NEWOBJ do; nil: it cannot be called
}

func (g *global) String() string { return g.module + "." + g.name }

// python2 are the modules that pickle's protocol 2 names as Python 2 did.
var python2 = map[string]string{"__builtin__": "builtins", "copy_reg": "copyreg"}

// global pushes the class or function that the pickle names.
func (m *machine) global() error {
	var module, name string
	var err error
	if m.op == opGlobal {
		if module, err = m.line(); err != nil {
			return err
		}
		if name, err = m.line(); err != nil {
			return err
		}
	} else {
		items, err := m.pop(2)
		if err != nil {
			return err
		}
		var ok1, ok2 bool
		module, ok1 = items[0].(string)
		name, ok2 = items[1].(string)
		if !ok1 || !ok2 {
			return errorf("the pickle names a class by values that are no strings (byte %d)", m.opAt)
		}
	}
	if new, ok := python2[module]; ok {
		module = new
	}
	v, err := m.find(module, name)
	if err != nil {
		return err
	}
	m.push(v)
	return nil
}

// find is the closed list: what a name stands for.
func (m *machine) find(module, name string) (any, error) {
	full := module + "." + name
	if call, ok := builders[full]; ok {
		return &global{module, name, call}, nil
	}
	switch module {
	case "torch", "torch.cuda", "torch.storage":
		if strings.HasSuffix(name, "Storage") {
			if g := storageClass(module, name); g != nil {
				return g, nil
			}
		} else if d, ok := dtypeNamed(name); ok && module == "torch" {
			return d, nil
		}
	}
	if m.opaque {
		return &Object{Module: module, Name: name}, nil
	}
	return nil, &Error{Err: &Refused{module, name}, Msg: hint(module, name)}
}

// hint says what a file with such a class is, and what to do in Python.
func hint(module, name string) string {
	switch top, _, _ := strings.Cut(module, "."); {
	case top == "fastai" && name == "Learner":
		return "this is a whole Learner, from learn.export(): in Python, load_learner(file).save('name') writes what can be read"
	case strings.HasPrefix(full(module, name), "torch._utils._rebuild_") || strings.HasPrefix(module, "torch.sparse"):
		return "it holds a kind of tensor that is not read (sparse, quantized, nested or meta): in Python, save tensor.to_dense() or tensor.dequantize()"
	case strings.HasPrefix(module, "torch.nn.modules") || top == "torchvision" || top == "timm":
		return "this is a whole pickled module: in Python, torch.save(module.state_dict(), file)"
	}
	return "in Python, save the state_dict alone, or open the file with WithOpaque to have unknown objects as inert data"
}

func full(module, name string) string { return module + "." + name }

// construct executes REDUCE, NEWOBJ, NEWOBJ_EX and BUILD.
func (m *machine) construct() error {
	n := 2
	if m.op == opNewObjEx {
		n = 3
	}
	items, err := m.pop(n)
	if err != nil {
		return err
	}
	var v any
	switch {
	case m.op == opBuild:
		v, err = m.build(items[0], items[1])
	default:
		v, err = m.call(items[0], items[1:])
	}
	if err != nil {
		m.stack = m.stack[:len(m.stack)+n] // for the path in the message
		return err
	}
	m.push(v)
	return nil
}

// call makes what Python's callable(*args) would be. operands are the args and, for NEWOBJ_EX, a
// dict of keyword arguments.
func (m *machine) call(callable any, operands []any) (any, error) {
	args, ok := operands[0].(Tuple)
	if !ok {
		return nil, errorf("the pickle calls %s with a %s in place of arguments", describe(callable), describe(operands[0]))
	}
	if o, ok := callable.(*Object); ok && !o.Call {
		return &Object{Module: o.Module, Name: o.Name, Call: true, Args: args}, nil
	}
	g, ok := callable.(*global)
	if !ok || g.call == nil {
		return nil, errorf("the pickle calls a %s", describe(callable))
	}
	if len(operands) > 1 {
		if kw, ok := operands[1].(*Dict); !ok || kw.Len() > 0 {
			return nil, errorf("the pickle calls %s with keyword arguments", g)
		}
	}
	v, err := g.call(m, args)
	if err == errArgs {
		err = errorf("%s is called with arguments that do not fit it: (%s)", g, describeAll(args))
	}
	return v, err
}

// errArgs is what a builder returns for arguments that are not what Python would have written.
var errArgs = fmt.Errorf("arguments that do not fit")
