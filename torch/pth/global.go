package pth

import (
	"errors"
	"slices"
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
var (
	python2         = map[string]string{"__builtin__": "builtins", "copy_reg": "copyreg"}
	python2Builtins = map[string]string{"unicode": "str", "long": "int", "xrange": "range"}
)

// global pushes the class or function that the pickle names.
func (m *machine) global() error {
	var module, name string
	if m.op == opGlobal {
		var err error
		if module, err = m.line(); err != nil {
			return err
		}
		if name, err = m.line(); err != nil {
			return err
		}
	} else {
		items, _ := m.pop(2)
		var ok1, ok2 bool
		module, ok1 = items[0].value.(string)
		name, ok2 = items[1].value.(string)
		if !ok1 || !ok2 {
			return errorf("the pickle names a class by values that aren't strings (byte %d)", m.opAt)
		}
		if len(module) > maxLine || len(name) > maxLine {
			return errorf("the pickle names a class in %d letters (byte %d)", len(module)+len(name), m.opAt)
		}
	}
	v, err := find(module, name)
	if refused, ok := err.(*Refused); ok && m.opaque {
		v, err = &Object{Module: refused.Module, Name: refused.Name}, nil
	}
	m.push(v) // in any case: a message tells the place by it
	return err
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
		} else if d, ok := dtypeNamed(name); ok && module == "torch" {
			return d, nil
		}
	}
	return &global{module: module, name: name}, &Refused{Module: module, Name: name}
}

// construct executes REDUCE, NEWOBJ, NEWOBJ_EX and BUILD. The operands stay on the stack until all
// went well: messages tell the place by them.
func (m *machine) construct() error {
	operands := m.stack[len(m.stack)-opcodes[m.op].pop:]
	var v any
	var err error
	if m.op == opBuild {
		v, err = m.build(operands[0].value, operands[1].value)
	} else {
		v, err = m.call(operands[0].value, operands[1:])
	}
	if err != nil {
		return err
	}
	depth := 0
	for _, o := range operands {
		depth = max(depth, o.depth)
	}
	if depth >= maxDepth {
		return errTooDeep()
	}
	m.stack = append(m.stack[:len(m.stack)-len(operands)], slot{v, depth + 1})
	return nil
}

// call makes what Python's callable(*args) would be. operands are the args and, for NEWOBJ_EX, a
// dict of keyword arguments.
func (m *machine) call(callable any, operands []slot) (any, error) {
	args, ok := operands[0].value.(Tuple)
	if !ok {
		return nil, errorf("the pickle calls %s with a %s in place of arguments", describe(callable), describe(operands[0].value))
	}
	if o, ok := callable.(*Object); ok {
		if o.Call { // what a call gave is called itself, as cloudpickle does
			if err := m.spend(copyingPair * len(args)); err != nil {
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
		if keywords, ok := operands[1].value.(*Dict); !ok || keywords.Len() > 0 {
			return nil, errorf("the pickle calls %s with keyword arguments", g)
		}
	}
	v, err := g.call(m, args)
	if err == errArgs && slices.ContainsFunc(args, isObject) {
		return &Object{Module: g.module, Name: g.name, Call: true, Args: args}, nil
	}
	if err == errArgs {
		err = errorf("%s is called with arguments that do not fit it: (%s)", g, describeAll(args))
	}
	return v, err
}

func isObject(v any) bool {
	_, ok := v.(*Object)
	return ok
}

// errArgs is what a builder returns for arguments that are not what Python would have written.
var errArgs = errors.New("arguments that do not fit")
