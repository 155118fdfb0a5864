package pickle

import "fmt"

// global pushes the class or function that the pickle names.
func (m *Machine) global() error {
	var module, name string
	if m.op == OpGlobal {
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
		module, ok1 = items[0].Value.(string)
		name, ok2 = items[1].Value.(string)
		if !ok1 || !ok2 {
			return fmt.Errorf("the pickle names a class by values that aren't strings (byte %d)", m.opAt)
		}
		if len(module) > maxLine || len(name) > maxLine {
			return fmt.Errorf("the pickle names a class in %d letters (byte %d)", len(module)+len(name), m.opAt)
		}
	}
	v, err := m.host.Global(module, name)
	m.push(v)
	return err
}

// construct executes REDUCE, NEWOBJ, NEWOBJ_EX and BUILD. The operands stay on the stack until all
// went well: messages tell the place by them.
func (m *Machine) construct() error {
	operands := m.Stack[len(m.Stack)-opcodes[m.op].pop:]
	var v any
	var err error
	if m.op == OpBuild {
		v, err = m.host.Build(operands[0].Value, operands[1].Value)
	} else {
		v, err = m.host.Call(operands[0].Value, operands[1:])
	}
	if err != nil {
		return err
	}
	depth := 0
	for _, o := range operands {
		depth = max(depth, o.depth)
	}
	if depth >= MaxDepth {
		return ErrTooDeep()
	}
	m.Stack = append(m.Stack[:len(m.Stack)-len(operands)], Slot{v, depth + 1})
	return nil
}

// persistent puts what a persistent id stands for into the id's place.
func (m *Machine) persistent() error {
	top := &m.Stack[len(m.Stack)-1]
	v, err := m.host.Persistent(top.Value)
	if err != nil {
		return err
	}
	*top = Slot{Value: v}
	return nil
}
