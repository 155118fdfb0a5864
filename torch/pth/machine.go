package pth

// A machine runs one pickle: a stack, a memo, and no way to call anything but the builders
// of the closed list.
type machine struct {
	reader
	stack []slot
	marks []int  // heights of the stack at its open marks
	memo  []slot // unset ones hold unset{}

	storage func(id Tuple) (*Storage, error) // what a persistent id stands for; nil: there are none
	opaque  bool
	effort  int64 // what may still be spent, see spend
	most    int64 // values that the pickle may make; 0: any number
}

// A slot is a value and how deep it is nested, as far as that is known.
type slot struct {
	value any
	depth int
}

type unset struct{}

// maxDepth is how deep values may be nested.
const maxDepth = 1000

// run executes the pickle to its STOP and returns its value and the bytes behind it.
func (m *machine) run() (value any, rest []byte, err error) {
	needs, err := scan(m.data, m.opaque)
	if err != nil {
		return nil, nil, err
	}
	if m.most > 0 && needs.values > m.most {
		return nil, nil, errorf("more than %d values", m.most)
	}
	m.effort = effortPerByte*needs.size + freeEffort
	m.stack = make([]slot, 0, min(needs.height, 4096)) // what exceeds it grows as it is used
	m.memo = make([]slot, 0, min(needs.puts+1, 4096))
	for {
		if err := m.next(); err != nil {
			return nil, nil, err
		}
		if m.op == opStop {
			return m.stack[0].value, m.data[m.pos:], nil
		}
		if err := m.step(); err != nil {
			e := asError(err)
			e.Where = m.where()
			return nil, nil, e
		}
	}
}

// step executes the opcode m.op. That the stack holds what the opcode takes, scan has found.
func (m *machine) step() error {
	switch m.op {
	case opProto, opFrame:
		_, err := m.number()
		return err
	case opMark:
		m.marks = append(m.marks, len(m.stack))
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
	case opBinInt, opBinInt1, opBinInt2, opBinFloat:
		return m.pushNumber()
	case opLong1, opLong4:
		return m.pushLong()
	case opBinUnicode, opShortBinUnicode, opBinUnicode8, opBinString, opShortBinString,
		opBinBytes, opShortBinBytes, opBinBytes8, opByteArray8:
		return m.pushText()
	case opBinPut, opLongBinPut, opMemoize:
		return m.put()
	case opBinGet, opLongBinGet:
		return m.get()
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
	case opPop, opPopMark: // of tuples that contain themselves
		m.pop(opcodes[m.op].pop)
	}
	return nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, slot{value: v}) }

// pop takes what an opcode puts into a container: the values above the mark, or as many as n. They are
// good until the next push. depth is how deep the deepest of them is nested.
func (m *machine) pop(n int) (items []slot, depth int) {
	if opcodes[m.op].marked {
		last := len(m.marks) - 1
		n = len(m.stack) - m.marks[last]
		m.marks = m.marks[:last]
	}
	at := len(m.stack) - n
	items, m.stack = m.stack[at:], m.stack[:at]
	for _, s := range items {
		depth = max(depth, s.depth)
	}
	return items, depth
}

// put stores the topmost value under a number.
func (m *machine) put() error {
	i := uint64(len(m.memo))
	if m.op != opMemoize {
		var err error
		if i, err = m.number(); err != nil {
			return err
		}
	}
	for uint64(len(m.memo)) <= i {
		m.memo = append(m.memo, slot{value: unset{}})
	}
	m.memo[i] = m.stack[len(m.stack)-1]
	return nil
}

// get fetches the value of a number.
func (m *machine) get() error {
	i, err := m.number()
	if err != nil {
		return err
	}
	if i >= uint64(len(m.memo)) || m.memo[i].value == any(unset{}) {
		return errorf("the pickle refers to its value number %d (byte %d), which it has not stored", i, m.opAt)
	}
	m.stack = append(m.stack, m.memo[i])
	return nil
}
