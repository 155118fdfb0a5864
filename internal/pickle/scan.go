package pickle

import "fmt"

// Bounds on what a pickler can have meant.
const (
	maxMarks   = 1000 // open marks: each is a level of nesting
	maxDescent = 4096 // values that may wait, without a mark, for one another
)

// scan goes through a pickle without building anything, and so without memory: it checks that all
// opcodes are known, that the stack never underflows, that what is nested is nested within
// bounds, that one value is left and that the host knows the classes, as far as their names stand beside one another. What a broken or a hostile pickle would have filled memory with ends here.
func scan(data []byte, known func(module, name string) error) (needs, error) {
	s := scanner{reader: reader{data: data}, known: known}
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
		if s.op != OpStop {
			continue
		}
		if s.height != 0 || len(s.marks) != 0 {
			return needs{}, fmt.Errorf("the pickle ends with %d values and %d open marks left over", s.height, len(s.marks))
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
	known   func(module, name string) error
}

// argument skips what the opcode reads from the pickle.
func (s *scanner) argument() error {
	op := opcodes[s.op]
	s.values += int64(op.push)
	switch s.op {
	case OpGlobal:
		module, err := s.line()
		if err != nil {
			return err
		}
		name, err := s.line()
		if err != nil {
			return err
		}
		return s.class(module, name)
	case OpStackGlobal:
		return s.class(string(s.texts[0]), string(s.texts[1]))
	case OpBinUnicode, OpShortBinUnicode, OpBinUnicode8:
		b, err := s.counted()
		s.texts[0], s.texts[1] = s.texts[1], b[:min(len(b), maxLine)]
		return err
	case OpMemoize, OpBinPut, OpLongBinPut:
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
	case OpProto:
		if n < 2 || n > 5 {
			return fmt.Errorf("the pickle is of protocol %d; torch.save writes 2 to 5", n)
		}
	case OpFrame:
		if n > uint64(len(s.data)-s.pos) {
			return fmt.Errorf("a frame of the pickle declares %d bytes, and %d are left", n, len(s.data)-s.pos)
		}
	case OpBinPut, OpLongBinPut, OpMemoize:
		if s.puts++; n > s.puts { // picklers count from 0 or 1
			return fmt.Errorf("the pickle stores its value number %d under the number %d (byte %d)", s.puts, n, s.opAt)
		}
	case OpBinGet, OpLongBinGet:
		if n > s.puts {
			return fmt.Errorf("the pickle refers to its value number %d (byte %d), and has stored %d", n, s.opAt, s.puts)
		}
	}
	return nil
}

// class checks the name of a class, if it is known.
func (s *scanner) class(module, name string) error {
	if module == "" || name == "" {
		return nil
	}
	return s.known(module, name)
}

// move follows the stack.
func (s *scanner) move() error {
	op := opcodes[s.op]
	if s.op == OpMark {
		if len(s.marks) == maxMarks {
			return fmt.Errorf("values are nested more than %d deep", maxMarks)
		}
		s.marks = append(s.marks, s.height)
		return nil
	}
	if op.marked {
		if len(s.marks) == 0 {
			return fmt.Errorf("the pickle's opcode %s (byte %d) finds no mark: the file is damaged", opName(s.op), s.opAt)
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
		return fmt.Errorf("the pickle's opcode %s (byte %d) finds too few values: the file is damaged", opName(s.op), s.opAt)
	}
	s.height += op.push - op.pop
	s.peak, s.highest = max(s.peak, s.height), max(s.highest, s.height)
	if s.peak-s.height > maxDescent {
		return fmt.Errorf("values are nested more than %d deep", maxMarks)
	}
	return nil
}
