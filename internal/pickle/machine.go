// Package pickle runs the pickles of Python's protocols 2 to 5 on a machine that can only build data, and writes those of
// protocol 2. What the data are is up to a [Host]; nothing that a pickle names is ever imported, and no more work is done for it than its
// size can mean.
package pickle

import "fmt"

// A Machine runs one pickle: a stack, a memo, and no way to call anything but its host.
type Machine struct {
	// Stack are the values in the making, the outermost at the bottom; Marks are its heights at the open marks. After
	// an error they tell the place.
	Stack []Slot
	Marks []int

	reader
	host   Host
	memo   []Slot // unset ones hold unset{}
	effort int64  // what may still be spent, see Spend
}

// NewMachine returns a machine for the pickle that data begin with.
func NewMachine(data []byte, host Host) *Machine {
	return &Machine{reader: reader{data: data}, host: host}
}

// Pos returns how many bytes of the pickle were read.
func (m *Machine) Pos() int { return m.pos }

// A Slot is a value and how deep it is nested, as far as that is known.
type Slot struct {
	Value any
	depth int
}

type unset struct{}

// MaxDepth is how deep values may be nested.
const MaxDepth = 1000

// Run executes the pickle to its STOP and returns its value and the bytes behind it. A pickle that makes more than most
// values is refused before anything is built; most 0 stands for any number.
func (m *Machine) Run(most int64) (value any, rest []byte, err error) {
	needs, err := scan(m.data, m.host.Known)
	if err != nil {
		return nil, nil, err
	}
	if most > 0 && needs.values > most {
		return nil, nil, fmt.Errorf("more than %d values", most)
	}
	m.effort = effortPerByte*needs.size + freeEffort
	m.Stack = make([]Slot, 0, min(needs.height, 4096)) // what exceeds it grows as it is used
	m.memo = make([]Slot, 0, min(needs.puts+1, 4096))
	for {
		if err := m.next(); err != nil {
			return nil, nil, err
		}
		if m.op == OpStop {
			return m.Stack[0].Value, m.data[m.pos:], nil
		}
		if err := m.step(); err != nil {
			return nil, nil, err
		}
	}
}

// step executes the opcode m.op. That the stack holds what the opcode takes, scan has found.
func (m *Machine) step() error {
	switch m.op {
	case OpProto, OpFrame:
		_, err := m.number()
		return err
	case OpMark:
		m.Marks = append(m.Marks, len(m.Stack))
	case OpNone:
		m.push(nil)
	case OpNewTrue:
		m.push(true)
	case OpNewFalse:
		m.push(false)
	case OpEmptyTuple:
		m.push(m.host.Tuple(nil))
	case OpEmptyList:
		m.push(m.host.List())
	case OpEmptyDict:
		m.push(m.host.Dict())
	case OpEmptySet:
		m.push(m.host.Set())
	case OpBinInt, OpBinInt1, OpBinInt2, OpBinFloat:
		return m.pushNumber()
	case OpLong1, OpLong4:
		return m.pushLong()
	case OpBinUnicode, OpShortBinUnicode, OpBinUnicode8, OpBinString, OpShortBinString,
		OpBinBytes, OpShortBinBytes, OpBinBytes8, OpByteArray8:
		return m.pushText()
	case OpBinPut, OpLongBinPut, OpMemoize:
		return m.put()
	case OpBinGet, OpLongBinGet:
		return m.get()
	case OpTuple, OpTuple1, OpTuple2, OpTuple3, OpFrozenSet:
		return m.tuple()
	case OpAppend, OpAppends, OpAddItems, OpSetItem, OpSetItems:
		return m.fill()
	case OpGlobal, OpStackGlobal:
		return m.global()
	case OpReduce, OpNewObj, OpNewObjEx, OpBuild:
		return m.construct()
	case OpBinPersID:
		return m.persistent()
	case OpPop, OpPopMark: // of tuples that contain themselves
		m.pop(opcodes[m.op].pop)
	}
	return nil
}

func (m *Machine) push(v any) { m.Stack = append(m.Stack, Slot{Value: v}) }

// pop takes what an opcode puts into a container: the values above the mark, or as many as n. They are
// good until the next push. depth is how deep the deepest of them is nested.
func (m *Machine) pop(n int) (items []Slot, depth int) {
	if opcodes[m.op].marked {
		last := len(m.Marks) - 1
		n = len(m.Stack) - m.Marks[last]
		m.Marks = m.Marks[:last]
	}
	at := len(m.Stack) - n
	items, m.Stack = m.Stack[at:], m.Stack[:at]
	for _, s := range items {
		depth = max(depth, s.depth)
	}
	return items, depth
}

// put stores the topmost value under a number.
func (m *Machine) put() error {
	i := uint64(len(m.memo))
	if m.op != OpMemoize {
		var err error
		if i, err = m.number(); err != nil {
			return err
		}
	}
	for uint64(len(m.memo)) <= i {
		m.memo = append(m.memo, Slot{Value: unset{}})
	}
	m.memo[i] = m.Stack[len(m.Stack)-1]
	return nil
}

// get fetches the value of a number.
func (m *Machine) get() error {
	i, err := m.number()
	if err != nil {
		return err
	}
	if i >= uint64(len(m.memo)) || m.memo[i].Value == any(unset{}) {
		return fmt.Errorf("the pickle refers to its value number %d (byte %d), which it has not stored", i, m.opAt)
	}
	m.Stack = append(m.Stack, m.memo[i])
	return nil
}
