package pth

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"slices"
)

// A pickler writes values as Python's pickler does with protocol 2, in the opcodes and globals
// that torch.load(weights_only=True) knows, and collects the storages on its way.
type pickler struct {
	out      bytes.Buffer
	memo     map[any]int // what was written before, by identity, or by value for strings, globals and dtypes
	numbers  int         // memo numbers given so far
	storages []*Storage
	written  map[*Storage]storageRef
	path     []string // for messages
}

// storageRef is how a storage was written: its number and its class.
type storageRef struct {
	number int
	class  string
}

// named is the memo's key of a class or function.
type named struct{ module, name string }

// pickle writes v as a whole pickle.
func pickle(v any) ([]byte, []*Storage, error) {
	p := pickler{memo: map[any]int{}, written: map[*Storage]storageRef{}}
	p.out.Write([]byte{opProto, 2})
	if err := p.value(v); err != nil {
		e := asError(err)
		for _, step := range p.path {
			e.Where += step
		}
		return nil, nil, e
	}
	p.out.WriteByte(opStop)
	return p.out.Bytes(), p.storages, nil
}

// put memoizes what was just written. A nil key takes a number that nothing refers to, as Python does for tuples.
func (p *pickler) put(key any) {
	if key != nil {
		p.memo[key] = p.numbers
	}
	p.numbered(opBinPut, opLongBinPut, p.numbers)
	p.numbers++
}

// get refers to what was written before, if it was.
func (p *pickler) get(key any) bool {
	i, ok := p.memo[key]
	if ok {
		p.numbered(opBinGet, opLongBinGet, i)
	}
	return ok
}

func (p *pickler) numbered(short, long byte, i int) {
	if i < 256 {
		p.out.Write([]byte{short, byte(i)})
		return
	}
	p.out.Write(binary.LittleEndian.AppendUint32([]byte{long}, uint32(i)))
}

// value writes any value of this package, or a plain Go value.
func (p *pickler) value(v any) error {
	switch v := v.(type) {
	case nil:
		p.out.WriteByte(opNone)
	case bool:
		p.out.WriteByte(map[bool]byte{true: opNewTrue, false: opNewFalse}[v])
	case int:
		p.int(int64(v))
	case int32:
		p.int(int64(v))
	case int64:
		p.int(v)
	case uint64:
		return p.bigInt(new(big.Int).SetUint64(v))
	case *big.Int:
		return p.bigInt(v)
	case float32:
		p.float(float64(v))
	case float64:
		p.float(v)
	case complex128:
		p.reduce("__builtin__", "complex", func() {
			p.float(real(v))
			p.float(imag(v))
			p.out.WriteByte(opTuple2)
			p.put(nil)
		})
	case string:
		return p.string(v)
	case []byte:
		return p.bytes(v)
	case ByteArray:
		p.global("__builtin__", "bytearray")
		if err := p.bytes(v); err != nil {
			return err
		}
		p.out.WriteByte(opTuple1)
		p.put(nil)
		p.out.WriteByte(opReduce)
		p.put(nil)
	case DType:
		if v.Size() == 0 {
			return errorf("a DType of the value %d", int8(v))
		}
		p.global("torch", v.String())
	case Layout:
		p.reduce("torch.serialization", "_get_layout", func() {
			p.string(string(v))
			p.out.WriteByte(opTuple1)
			p.put(nil)
		})
	case Device:
		p.device(v)
	case Size:
		p.reduce("torch", "Size", func() {
			p.ints(v)
			p.out.WriteByte(opTuple1)
			p.put(nil)
		})
	case Scalar:
		return p.value(v.Value)
	case *Tensor:
		return p.tensor(v)
	case *Storage:
		return p.storage(v, v.DType)
	default:
		return p.container(v)
	}
	return nil
}

// global writes a class or function by its name in Python 2, as protocol 2 has it.
func (p *pickler) global(module, name string) {
	if key := (named{module, name}); !p.get(key) {
		p.out.WriteString("c" + module + "\n" + name + "\n")
		p.put(key)
	}
}

// reduce writes the call of a function with the tuple that args writes.
func (p *pickler) reduce(module, name string, args func()) {
	p.global(module, name)
	args()
	p.out.WriteByte(opReduce)
	p.put(nil)
}

func (p *pickler) int(v int64) {
	switch {
	case v >= 0 && v <= math.MaxUint8:
		p.out.Write([]byte{opBinInt1, byte(v)})
	case v >= 0 && v <= math.MaxUint16:
		p.out.Write(binary.LittleEndian.AppendUint16([]byte{opBinInt2}, uint16(v)))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		p.out.Write(binary.LittleEndian.AppendUint32([]byte{opBinInt}, uint32(v)))
	default:
		p.bigInt(big.NewInt(v))
	}
}

// bigInt writes an int in as few bytes of two's complement as it takes.
func (p *pickler) bigInt(v *big.Int) error {
	if v.IsInt64() && v.Int64() >= math.MinInt32 && v.Int64() <= math.MaxInt32 {
		p.int(v.Int64())
		return nil
	}
	n := v.BitLen()/8 + 1
	if v.Sign() < 0 {
		n = new(big.Int).Not(v).BitLen()/8 + 1
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if n > math.MaxUint8 {
		return errorf("an integer of %d bytes, which torch.load(weights_only=True) cannot read", n)
	}
	b := v.FillBytes(make([]byte, n))
	slices.Reverse(b)
	p.out.Write([]byte{opLong1, byte(n)})
	p.out.Write(b)
	return nil
}

func (p *pickler) float(v float64) {
	p.out.Write(binary.BigEndian.AppendUint64([]byte{opBinFloat}, math.Float64bits(v)))
}

func (p *pickler) string(s string) error {
	if p.get(s) {
		return nil
	}
	return p.newString(s, s)
}

// newString writes a string and memoizes it under key.
func (p *pickler) newString(s string, key any) error {
	if !isText(s) {
		return errorf("the string %.40q is not UTF-8", s)
	}
	if len(s) > math.MaxInt32 {
		return errorf("a string of %d bytes", len(s))
	}
	p.out.Write(binary.LittleEndian.AppendUint32([]byte{opBinUnicode}, uint32(len(s))))
	p.out.WriteString(s)
	p.put(key)
	return nil
}

// bytes writes bytes as protocol 2 does: as text in Latin-1 and a call that encodes it.
func (p *pickler) bytes(b []byte) error {
	p.global("_codecs", "encode")
	text := make([]rune, len(b))
	for i, c := range b {
		text[i] = rune(c)
	}
	if err := p.newString(string(text), nil); err != nil {
		return err
	}
	p.string("latin1")
	p.out.WriteByte(opTuple2)
	p.put(nil)
	p.out.WriteByte(opReduce)
	p.put(nil)
	return nil
}

func (p *pickler) device(d Device) {
	p.reduce("torch", "device", func() {
		p.string(d.Type)
		if d.Index < 0 {
			p.out.WriteByte(opTuple1)
		} else {
			p.int(int64(d.Index))
			p.out.WriteByte(opTuple2)
		}
		p.put(nil)
	})
}

// ints writes a tuple of ints.
func (p *pickler) ints(v []int64) {
	if len(v) > 3 {
		p.out.WriteByte(opMark)
	}
	for _, n := range v {
		p.int(n)
	}
	p.endTuple(len(v))
}

// endTuple closes a tuple of n items, whose mark was written if n > 3.
func (p *pickler) endTuple(n int) {
	if n == 0 {
		p.out.WriteByte(opEmptyTuple)
		return
	}
	p.out.WriteByte([...]byte{opTuple1, opTuple2, opTuple3, opTuple}[min(n, 4)-1])
	p.put(nil)
}
