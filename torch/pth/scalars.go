package pth

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"unicode/utf8"
)

// maxBig is the longest integer that is read, in bytes.
const maxBig = 65536

// number reads an int or a float.
func (m *machine) number() error {
	width := map[byte]uint64{opBinInt: 4, opBinInt1: 1, opBinInt2: 2, opBinFloat: 8, opLong1: 1, opLong4: 4}[m.op]
	v, err := m.uint(width)
	if err != nil {
		return err
	}
	switch m.op {
	case opBinInt:
		m.push(int64(int32(v)))
	case opBinFloat: // big-endian, alone among pickle's numbers
		m.push(math.Float64frombits(binary.BigEndian.Uint64(m.data[m.pos-8:])))
	case opLong1, opLong4:
		b, err := m.take(v)
		if err != nil {
			return err
		}
		if len(b) > maxBig {
			return errorf("an integer of %d bytes", len(b))
		}
		m.push(decodeLong(b))
	default:
		m.push(int64(v))
	}
	return nil
}

// decodeLong reads a little-endian integer in two's complement: an int64 if it fits.
func decodeLong(b []byte) any {
	if len(b) == 0 {
		return int64(0)
	}
	negative := b[len(b)-1]&0x80 != 0
	reversed := make([]byte, len(b))
	for i, c := range b {
		reversed[len(b)-1-i] = c
	}
	v := new(big.Int).SetBytes(reversed)
	if negative {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if v.IsInt64() {
		return v.Int64()
	}
	return v
}

// text reads a str, bytes or bytearray.
func (m *machine) text() error {
	width := map[byte]uint64{opBinUnicode: 4, opShortBinUnicode: 1, opBinUnicode8: 8, opBinString: 4, opShortBinString: 1,
		opBinBytes: 4, opShortBinBytes: 1, opBinBytes8: 8, opByteArray8: 8}[m.op]
	n, err := m.uint(width)
	if err != nil {
		return err
	}
	b, err := m.take(n)
	if err != nil {
		return err
	}
	switch m.op {
	case opBinBytes, opShortBinBytes, opBinBytes8:
		m.push(bytes.Clone(b))
	case opByteArray8:
		m.push(ByteArray(bytes.Clone(b)))
	case opBinString, opShortBinString:
		if utf8.Valid(b) { // Python 2 did not tell text from bytes
			m.push(string(b))
		} else {
			m.push(bytes.Clone(b))
		}
	default:
		if !utf8.Valid(b) {
			return errorf("a string of the pickle (byte %d) is not UTF-8", m.opAt)
		}
		m.push(string(b))
	}
	return nil
}
