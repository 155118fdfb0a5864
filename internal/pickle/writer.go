package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// A Writer writes the parts of a pickle as Python's pickler does with protocol 2, in the opcodes that
// torch.load(weights_only=True) knows.
type Writer struct {
	out     bytes.Buffer
	memo    map[any]int // what was written before, by identity, or by value for strings and globals
	numbers int         // memo numbers given so far
}

// named is the memo's key of a class or function.
type named struct{ module, name string }

// NewWriter returns a writer that has begun a pickle.
func NewWriter() *Writer {
	w := &Writer{memo: map[any]int{}}
	w.Op(OpProto, 2)
	return w
}

// Finish ends the pickle and returns it.
func (w *Writer) Finish() []byte {
	w.Op(OpStop)
	return w.out.Bytes()
}

// Op writes opcodes that have no arguments.
func (w *Writer) Op(ops ...byte) { w.out.Write(ops) }

// Put memoizes what was just written. A nil key takes a number that nothing refers to, as Python does for tuples.
func (w *Writer) Put(key any) {
	if key != nil {
		w.memo[key] = w.numbers
	}
	w.numbered(OpBinPut, OpLongBinPut, w.numbers)
	w.numbers++
}

// Get refers to what was written before, if it was.
func (w *Writer) Get(key any) bool {
	i, ok := w.memo[key]
	if ok {
		w.numbered(OpBinGet, OpLongBinGet, i)
	}
	return ok
}

func (w *Writer) numbered(short, long byte, i int) {
	if i < 256 {
		w.Op(short, byte(i))
		return
	}
	w.out.Write(binary.LittleEndian.AppendUint32([]byte{long}, uint32(i)))
}

// Global writes a class or function by its name in Python 2, as protocol 2 has it.
func (w *Writer) Global(module, name string) {
	if key := (named{module, name}); !w.Get(key) {
		w.out.WriteString("c" + module + "\n" + name + "\n")
		w.Put(key)
	}
}

// Reduce writes the call of a function with the tuple that args writes.
func (w *Writer) Reduce(module, name string, args func()) {
	w.Global(module, name)
	args()
	w.Op(OpReduce)
	w.Put(nil)
}

// Bool writes a bool.
func (w *Writer) Bool(v bool) {
	if v {
		w.Op(OpNewTrue)
	} else {
		w.Op(OpNewFalse)
	}
}

// Int writes an int.
func (w *Writer) Int(v int64) {
	switch {
	case v >= 0 && v <= math.MaxUint8:
		w.Op(OpBinInt1, byte(v))
	case v >= 0 && v <= math.MaxUint16:
		w.out.Write(binary.LittleEndian.AppendUint16([]byte{OpBinInt2}, uint16(v)))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		w.out.Write(binary.LittleEndian.AppendUint32([]byte{OpBinInt}, uint32(v)))
	default:
		w.BigInt(big.NewInt(v))
	}
}

// BigInt writes an int in as few bytes of two's complement as it takes.
func (w *Writer) BigInt(v *big.Int) error {
	if v.IsInt64() && v.Int64() >= math.MinInt32 && v.Int64() <= math.MaxInt32 {
		w.Int(v.Int64())
		return nil
	}
	n := v.BitLen()/8 + 1
	if v.Sign() < 0 {
		n = new(big.Int).Not(v).BitLen()/8 + 1
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if n > math.MaxUint8 {
		return fmt.Errorf("an integer of %d bytes, which torch.load(weights_only=True) cannot read", n)
	}
	b := v.FillBytes(make([]byte, n))
	slices.Reverse(b)
	w.Op(OpLong1, byte(n))
	w.out.Write(b)
	return nil
}

// Float writes a float.
func (w *Writer) Float(v float64) {
	w.out.Write(binary.BigEndian.AppendUint64([]byte{OpBinFloat}, math.Float64bits(v)))
}

// String writes a text, or refers to an equal one.
func (w *Writer) String(s string) error {
	if w.Get(s) {
		return nil
	}
	return w.NewString(s, s)
}

// NewString writes a text and memoizes it under key.
func (w *Writer) NewString(s string, key any) error {
	if !IsText(s) {
		return fmt.Errorf("the string %.40q is not UTF-8", s)
	}
	if len(s) > math.MaxInt32 {
		return fmt.Errorf("a string of %d bytes", len(s))
	}
	w.out.Write(binary.LittleEndian.AppendUint32([]byte{OpBinUnicode}, uint32(len(s))))
	w.out.WriteString(s)
	w.Put(key)
	return nil
}

// Bytes writes bytes as protocol 2 does: as text in Latin-1 and a call that encodes it.
func (w *Writer) Bytes(b []byte) error {
	w.Global("_codecs", "encode")
	text := make([]rune, len(b))
	for i, c := range b {
		text[i] = rune(c)
	}
	if err := w.NewString(string(text), nil); err != nil {
		return err
	}
	w.String("latin1")
	w.Op(OpTuple2)
	w.Put(nil)
	w.Op(OpReduce)
	w.Put(nil)
	return nil
}

// Ints writes a tuple of ints.
func (w *Writer) Ints(v []int64) {
	w.BeginTuple(len(v))
	for _, n := range v {
		w.Int(n)
	}
	w.EndTuple(len(v))
}

// BeginTuple begins a tuple of n items.
func (w *Writer) BeginTuple(n int) {
	if n > 3 {
		w.Op(OpMark)
	}
}

// EndTuple ends a tuple of n items.
func (w *Writer) EndTuple(n int) {
	if n == 0 {
		w.Op(OpEmptyTuple)
		return
	}
	w.Op([...]byte{OpTuple1, OpTuple2, OpTuple3, OpTuple}[min(n, 4)-1])
	w.Put(nil)
}

// batch is the number of items that Python's pickler puts between two marks.
const batch = 1000

// Batches writes n items as Python's pickler does: a single one by one opcode, more between marks.
func (w *Writer) Batches(n int, one, many byte, item func(i int) error) error {
	for start := 0; start < n; start += batch {
		end := min(start+batch, n)
		if end-start == 1 {
			if err := item(start); err != nil {
				return err
			}
			w.Op(one)
			break
		}
		w.Op(OpMark)
		for i := start; i < end; i++ {
			if err := item(i); err != nil {
				return err
			}
		}
		w.Op(many)
	}
	return nil
}
