package pth

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A numpyType is a numpy dtype while the pickle runs: its byte order comes in a second step.
type numpyType struct {
	code  string // kind and size: "f8"
	order string // "<", ">" or "|"
}

// numpySizes are the dtypes of numbers, with the bytes of an element.
var numpySizes = map[string]int64{
	"b1": 1, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4, "u8": 8,
	"f2": 2, "f4": 4, "f8": 8, "c8": 8, "c16": 16,
}

// maxNumpyCode is more than the longest code has that is read.
const maxNumpyCode = 16

func (t *numpyType) name() NumpyDType { return NumpyDType(t.order + t.code) }

// ElementSize is the number of bytes of an element.
func (d NumpyDType) ElementSize() int64 {
	return numpySize(strings.TrimLeft(string(d), "<>|="))
}

// numpySize is the number of bytes of an element, 0 for a dtype that is not read: neither a number's
// nor a text's, which is "S5" for five bytes and "U5" for five characters of four bytes.
func numpySize(code string) int64 {
	if len(code) > maxNumpyCode {
		return 0
	}
	if len(code) < 2 || code[0] != 'S' && code[0] != 'U' {
		return numpySizes[code]
	}
	n, err := strconv.ParseUint(code[1:], 10, 24)
	if err != nil || code[1] == '+' {
		return 0
	}
	if code[0] == 'U' {
		n *= 4
	}
	return int64(n)
}

// numpyDType is numpy.dtype(code, align, copy).
func numpyDType(m *machine, args Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errArgs
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, errArgs
	}
	if numpySize(code) == 0 && m.opaque {
		return &Object{Module: "numpy", Name: "dtype", Call: true, Args: args}, nil
	}
	if numpySize(code) == 0 {
		return nil, oddf("a numpy dtype %.40q is not read: only numbers and texts are", code)
	}
	return &numpyType{code: code, order: "|"}, nil
}

// setState takes (version, byte order, subtype, names, fields, size, alignment, flags).
func (t *numpyType) setState(state any) error {
	s, _ := state.(Tuple)
	if len(s) < 5 {
		return oddf("the state of a numpy dtype is a %s", describe(state))
	}
	order, ok := s[1].(string)
	if !ok || !slices.Contains([]string{"<", ">", "|", "="}, order) || s[2] != nil || s[3] != nil || s[4] != nil {
		return oddf("a numpy dtype is not one of plain numbers or texts")
	}
	if order == "=" {
		order = "<"
	}
	t.order = order
	return nil
}

// numpyScalar is numpy.core.multiarray.scalar(dtype, bytes).
func numpyScalar(m *machine, args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, errArgs
	}
	t, ok1 := args[0].(*numpyType)
	b, ok2 := args[1].([]byte)
	if !ok1 || !ok2 || int64(len(b)) != numpySize(t.code) {
		return nil, errArgs
	}
	t, b, err := m.littleEndian(t, b)
	if err != nil {
		return nil, err
	}
	if t.code[0] == 'S' || t.code[0] == 'U' {
		if err := m.Spend(copyingByte * len(b)); err != nil {
			return nil, err
		}
		return numpyText(t, b)
	}
	return Scalar{DType: t.name(), Value: numpyValue(t.code, b)}, nil
}

// littleEndian turns big-endian elements round, and their dtype.
func (m *machine) littleEndian(t *numpyType, data []byte) (*numpyType, []byte, error) {
	if t.order != ">" {
		return t, data, nil
	}
	width := int(numpySize(t.code))
	switch t.code[0] {
	case 'U':
		width = 4
	case 'c':
		width /= 2
	}
	if err := m.Spend(turningByte * len(data)); err != nil {
		return nil, nil, err
	}
	data = bytes.Clone(data)
	if len(data)%max(width, 1) == 0 && t.code[0] != 'S' {
		for i := 0; i < len(data); i += width {
			slices.Reverse(data[i : i+width])
		}
	}
	return &numpyType{code: t.code, order: "<"}, data, nil
}

// turningByte is the price of a byte that is copied and turned round.
const turningByte = 64

// numpyText decodes bytes, or text in UTF-32; numpy fills both up with zeros.
func numpyText(t *numpyType, b []byte) (any, error) {
	if t.code[0] == 'S' {
		return Scalar{DType: t.name(), Value: bytes.TrimRight(b, "\x00")}, nil
	}
	var text []byte
	for ; len(b) > 0; b = b[4:] {
		c := le.Uint32(b)
		if c > utf8.MaxRune {
			return nil, errorf("a numpy text holds the character %d", c)
		}
		text = utf8.AppendRune(text, rune(c))
	}
	return Scalar{DType: t.name(), Value: string(bytes.TrimRight(text, "\x00"))}, nil
}

// numpyValue decodes one little-endian number.
func numpyValue(code string, b []byte) any {
	u := uint64(0)
	for i, c := range b[:min(len(b), 8)] {
		u |= uint64(c) << (8 * i)
	}
	unused := 64 - 8*min(len(b), 8)
	switch code[0] {
	case 'b':
		return u != 0
	case 'i':
		return int64(u<<unused) >> unused
	case 'u':
		return u
	}
	switch code {
	case "f2":
		return halfToFloat(uint16(u))
	case "f4":
		return float64(math.Float32frombits(uint32(u)))
	case "f8":
		return math.Float64frombits(u)
	case "c8":
		return complex(float64(math.Float32frombits(uint32(u))), float64(math.Float32frombits(uint32(u>>32))))
	}
	return complex(math.Float64frombits(u), math.Float64frombits(le.Uint64(b[8:])))
}

// halfToFloat decodes an IEEE half.
func halfToFloat(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exp, frac := int(h>>10&0x1f), float64(h&0x3ff)
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// numpyReconstruct is _reconstruct(ndarray, shape, typecode): an array whose state follows.
func numpyReconstruct(_ *machine, args Tuple) (any, error) {
	if len(args) != 3 {
		return nil, errArgs
	}
	if class, ok := args[0].(*global); !ok || class.String() != "numpy.ndarray" {
		return nil, errArgs
	}
	return &Array{Shape: []int64{0}, DType: "<f8"}, nil
}

// setArray takes (version, shape, dtype, is it Fortran order, data).
func (m *machine) setArray(a *Array, state any) (any, error) {
	s, _ := state.(Tuple)
	if len(s) != 5 {
		return nil, oddf("the state of a numpy array is a %s", describe(state))
	}
	if _, ok := s[2].(*Object); ok { // with WithOpaque: an array of something else
		return &Object{Module: "numpy", Name: "ndarray", Call: true, State: state}, nil
	}
	shape, ok1 := m.dims(s[1])
	t, ok2 := s[2].(*numpyType)
	fortran, ok3 := s[3].(bool)
	data, ok4 := s[4].([]byte)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, oddf("the state of a numpy array is (%s)", describeAll(s))
	}
	return a, m.fillArray(a, shape, t, fortran, data)
}

// numpyFromBuffer is _frombuffer(buffer, dtype, shape, order), as protocol 5 writes arrays.
func numpyFromBuffer(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errArgs
	}
	var data []byte
	switch b := args[0].(type) {
	case ByteArray:
		data = b
	case []byte:
		data = b
	default:
		return nil, errArgs
	}
	t, ok1 := args[1].(*numpyType)
	shape, ok2 := m.dims(args[2])
	if !ok1 || !ok2 || args[3] != "C" && args[3] != "F" {
		return nil, errArgs
	}
	a := &Array{}
	return a, m.fillArray(a, shape, t, args[3] == "F", data)
}

func (m *machine) fillArray(a *Array, shape []int64, t *numpyType, fortran bool, data []byte) error {
	n := numpySize(t.code)
	for _, d := range shape {
		if d < 0 || len(shape) > maxDims {
			return errorf("a numpy array has the shape %v", shape)
		}
		n = mulSat(n, d)
	}
	if n != int64(len(data)) {
		return errorf("a numpy array of shape %v and type %s has %d bytes of data", shape, t.name(), len(data))
	}
	t, data, err := m.littleEndian(t, data)
	if err != nil {
		return err
	}
	*a = Array{DType: t.name(), Shape: shape, Fortran: fortran, Data: data}
	return nil
}
