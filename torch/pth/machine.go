package pth

import (
	"bytes"
)

// A machine runs one pickle: a stack, a memo, and no way to call anything but the functions
// of the closed list in globals.go.
type machine struct {
	data  []byte // the pickle and whatever follows it
	pos   int
	op    byte // the opcode at work, and where it is
	opAt  int
	stack []any
	marks []int // heights of the stack at its open marks
	memo  []any // unset slots hold unset{}

	storage func(m *machine, id Tuple) (*Storage, error) // what a persistent id stands for
	opaque  bool
}

type unset struct{}

// Bounds on what a pickler can have meant.
const (
	maxMarks = 1000 // open marks: each is a level of nesting
)

// run executes the pickle to its STOP and returns its value and the bytes behind it.
func (m *machine) run() (value any, rest []byte, err error) {
	for {
		m.opAt = m.pos
		if m.op, err = m.byte(); err != nil {
			return nil, nil, err
		}
		if m.op == opStop {
			if len(m.stack) != 1 || len(m.marks) != 0 {
				return nil, nil, errorf("the pickle ends with %d values and %d open marks instead of one value", len(m.stack), len(m.marks))
			}
			return m.stack[0], m.data[m.pos:], nil
		}
		if err := m.step(); err != nil {
			return nil, nil, m.locate(err)
		}
	}
}

// step executes the opcode m.op.
func (m *machine) step() error {
	switch m.op {
	case opProto:
		v, err := m.byte()
		if err == nil && (v < 2 || v > 5) {
			err = errorf("the pickle is of protocol %d; torch.save writes 2 to 5", v)
		}
		return err
	case opFrame:
		n, err := m.uint(8)
		if err == nil && n > uint64(len(m.data)-m.pos) {
			err = errorf("a frame of the pickle declares %d bytes, and %d are left", n, len(m.data)-m.pos)
		}
		return err
	case opMark:
		if len(m.marks) == maxMarks {
			return errorf("values are nested more than %d deep", maxMarks)
		}
		m.marks = append(m.marks, len(m.stack))
		return nil
	case opNone:
		m.push(nil)
	case opNewTrue:
		m.push(true)
	case opNewFalse:
		m.push(false)
	case opEmptyTuple:
		m.push(Tuple{})
	case opEmptyList:
		m.push(&List{})
	case opEmptyDict:
		m.push(&Dict{})
	case opEmptySet:
		m.push(&Set{})
	case opBinInt, opBinInt1, opBinInt2, opBinFloat, opLong1, opLong4:
		return m.number()
	case opBinUnicode, opShortBinUnicode, opBinUnicode8, opBinString, opShortBinString,
		opBinBytes, opShortBinBytes, opBinBytes8, opByteArray8:
		return m.text()
	case opBinPut, opLongBinPut, opMemoize, opBinGet, opLongBinGet:
		return m.useMemo()
	case opTuple, opTuple1, opTuple2, opTuple3, opFrozenSet:
		return m.tuple()
	case opAppend, opAppends, opAddItems, opSetItem, opSetItems:
		return m.fill()
	case opGlobal, opStackGlobal:
		return m.global()
	case opReduce, opNewObj, opNewObjEx, opBuild:
		return m.construct()
	case opBinPersID:
		return m.persistent()
	default:
		return refuseOp(m.op, m.opAt)
	}
	return nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// floor is the height of the stack below which the open mark hides everything.
func (m *machine) floor() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

// pop takes the n topmost values, in order.
func (m *machine) pop(n int) ([]any, error) {
	at := len(m.stack) - n
	if at < m.floor() {
		return nil, errorf("the pickle's opcode %s (byte %d) finds too few values: the file is damaged", opName(m.op), m.opAt)
	}
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items, nil
}

// popMark takes the values above the topmost mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errorf("the pickle's opcode %s (byte %d) finds no mark: the file is damaged", opName(m.op), m.opAt)
	}
	items, err := m.pop(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return items, err
}

// byte and take read the pickle.
func (m *machine) byte() (byte, error) {
	b, err := m.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.data)-m.pos) {
		return nil, errorf("the pickle is cut off: %d bytes are wanted at byte %d, and %d are left", n, m.pos, len(m.data)-m.pos)
	}
	b := m.data[m.pos : m.pos+int(n) : m.pos+int(n)]
	m.pos += int(n)
	return b, nil
}

// line reads up to a newline, which it drops.
func (m *machine) line() (string, error) {
	i := bytes.IndexByte(m.data[m.pos:min(len(m.data), m.pos+1024)], '\n')
	if i < 0 {
		return "", errorf("a name in the pickle (byte %d) has no end", m.pos)
	}
	b, err := m.take(uint64(i + 1))
	if err != nil {
		return "", err
	}
	return string(b[:i]), nil
}

// uint reads an unsigned little-endian integer of n bytes.
func (m *machine) uint(n uint64) (uint64, error) {
	b, err := m.take(n)
	if err != nil {
		return 0, err
	}
	v := uint64(0)
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v, nil
}
