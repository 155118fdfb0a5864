package pickle

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// maxBig is the longest integer that is read, in bytes.
const maxBig = 65536

// pushNumber reads an int or a float of fixed width.
func (m *Machine) pushNumber() error {
	v, err := m.number()
	switch m.op {
	case OpBinInt:
		m.push(int64(int32(v)))
	case OpBinFloat: // big-endian, alone among pickle's numbers
		m.push(math.Float64frombits(bits.ReverseBytes64(v)))
	default:
		m.push(int64(v))
	}
	return err
}

// pushLong reads an int of any size.
func (m *Machine) pushLong() error {
	b, err := m.counted()
	if err != nil {
		return err
	}
	if len(b) > maxBig {
		return fmt.Errorf("an int of %d bytes", len(b))
	}
	m.push(DecodeLong(b))
	return nil
}

// DecodeLong reads a little-endian integer in two's complement: an int64 if it fits.
func DecodeLong(b []byte) any {
	reversed := bytes.Clone(b)
	slices.Reverse(reversed)
	v := new(big.Int).SetBytes(reversed)
	if len(b) > 0 && b[len(b)-1]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if v.IsInt64() {
		return v.Int64()
	}
	return v
}

// pushText reads a str, bytes or bytearray.
func (m *Machine) pushText() error {
	b, err := m.counted()
	if err != nil {
		return err
	}
	switch m.op {
	case OpBinBytes, OpShortBinBytes, OpBinBytes8:
		m.push(bytes.Clone(b))
	case OpByteArray8:
		m.push(m.host.ByteArray(bytes.Clone(b)))
	case OpBinString, OpShortBinString:
		if utf8.Valid(b) { // Python 2 did not tell text from bytes
			m.push(string(b))
		} else {
			m.push(bytes.Clone(b))
		}
	default:
		s := string(b)
		if !IsText(s) {
			return fmt.Errorf("a string of the pickle (byte %d) is not UTF-8", m.opAt)
		}
		m.push(s)
	}
	return nil
}

// IsText tells whether s is what Python's str may be: UTF-8, in which single surrogates may stand, as in the
// names of files that are not UTF-8 themselves. Such a str is a Go string that is not valid UTF-8.
func IsText(s string) bool {
	if utf8.ValidString(s) {
		return true
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			if s[i] != 0xed || i+2 >= len(s) || s[i+1]&0xe0 != 0xa0 || s[i+2]&0xc0 != 0x80 {
				return false
			}
			n = 3
		}
		i += n
	}
	return true
}
