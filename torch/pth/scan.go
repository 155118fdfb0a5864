package pth

// Bounds on what a pickler can have meant.
const (
	maxMarks   = 1000 // open marks: each is a level of nesting
	maxDescent = 4096 // values that may wait, without a mark, for one another
)

// scan goes through a pickle without building anything, and so without memory: it checks that all
// opcodes are known, that the stack never underflows, that what is nested is nested within
// bounds, that one value is left and, unless opaque, that the classes are on the closed list as far as their names
// stand beside one another. What a broken or a hostile pickle would have filled memory with ends here.
func scan(data []byte, opaque bool) (needs, error) {
	s := scanner{reader: reader{data: data}, opaque: opaque}
	for {
		if err := s.next(); err != nil {
			return needs{}, err
		}
		if err := s.argument(); err != nil {
			return needs{}, err
		}
		if err := s.move(); err != nil {
			return needs{}, err
		}
		if s.op != opStop {
			continue
		}
		if s.height != 0 || len(s.marks) != 0 {
			return needs{}, errorf("the pickle ends with %d values and %d open marks left over", s.height, len(s.marks))
		}
		return needs{int64(s.pos), s.values, s.highest, int(s.puts)}, nil
	}
}

// needs is how large a pickle is, how many values it makes, how high its stack grows and how many it stores.
type needs struct {
	size, values int64
	height, puts int
}

type scanner struct {
	reader
	height  int   // of the stack
	peak    int   // the greatest height since the last mark was taken
	highest int   // the greatest height of all
	marks   []int // heights at the open marks
	puts    uint64
	values  int64
	texts   [2][]byte // the last two values, where they are texts
	opaque  bool
}

// argument skips what the opcode reads from the pickle.
func (s *scanner) argument() error {
	op := opcodes[s.op]
	s.values += int64(op.push)
	switch s.op {
	case opGlobal:
		module, err := s.line()
		if err != nil {
			return err
		}
		name, err := s.line()
		if err != nil {
			return err
		}
		return s.class(module, name)
	case opStackGlobal:
		return s.class(string(s.texts[0]), string(s.texts[1]))
	case opBinUnicode, opShortBinUnicode, opBinUnicode8:
		b, err := s.counted()
		s.texts[0], s.texts[1] = s.texts[1], b[:min(len(b), maxLine)]
		return err
	case opMemoize, opBinPut, opLongBinPut:
	default:
		clear(s.texts[:])
	}
	if op.counted {
		_, err := s.counted()
		return err
	}
	n, err := s.number()
	if err != nil {
		return err
	}
	switch s.op {
	case opProto:
		if n < 2 || n > 5 {
			return errorf("the pickle is of protocol %d; torch.save writes 2 to 5", n)
		}
	case opFrame:
		if n > uint64(len(s.data)-s.pos) {
			return errorf("a frame of the pickle declares %d bytes, and %d are left", n, len(s.data)-s.pos)
		}
	case opBinPut, opLongBinPut, opMemoize:
		if s.puts++; n > s.puts { // picklers count from 0 or 1
			return errorf("the pickle stores its value number %d under the number %d (byte %d)", s.puts, n, s.opAt)
		}
	case opBinGet, opLongBinGet:
		if n > s.puts {
			return errorf("the pickle refers to its value number %d (byte %d), and has stored %d", n, s.opAt, s.puts)
		}
	}
	return nil
}

// class checks the name of a class, if it is known.
func (s *scanner) class(module, name string) error {
	if s.opaque || module == "" || name == "" {
		return nil
	}
	_, err := find(module, name)
	return err
}

// move follows the stack.
func (s *scanner) move() error {
	op := opcodes[s.op]
	if s.op == opMark {
		if len(s.marks) == maxMarks {
			return errorf("values are nested more than %d deep", maxMarks)
		}
		s.marks = append(s.marks, s.height)
		return nil
	}
	if op.marked {
		if len(s.marks) == 0 {
			return errorf("the pickle's opcode %s (byte %d) finds no mark: the file is damaged", opName(s.op), s.opAt)
		}
		s.height = s.marks[len(s.marks)-1]
		s.marks = s.marks[:len(s.marks)-1]
		s.peak = s.height
	}
	floor := 0
	if len(s.marks) > 0 {
		floor = s.marks[len(s.marks)-1]
	}
	if s.height-op.pop < floor {
		return errorf("the pickle's opcode %s (byte %d) finds too few values: the file is damaged", opName(s.op), s.opAt)
	}
	s.height += op.push - op.pop
	s.peak, s.highest = max(s.peak, s.height), max(s.highest, s.height)
	if s.peak-s.height > maxDescent {
		return errorf("values are nested more than %d deep", maxMarks)
	}
	return nil
}
