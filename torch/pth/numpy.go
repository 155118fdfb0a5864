package pth

import (
	"math"
	"slices"
	"strings"
)

// A numpyType is a numpy dtype while the pickle runs: its byte order comes in a second step.
type numpyType struct {
	code  string // kind and size: "f8"
	order string // "<", ">" or "|"
}

// numpySizes are the dtypes of plain numbers, with the bytes of an element.
var numpySizes = map[string]int64{
	"b1": 1, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4, "u8": 8,
	"f2": 2, "f4": 4, "f8": 8, "c8": 8, "c16": 16,
}

func (t *numpyType) name() NumpyDType { return NumpyDType(t.order + t.code) }

// ElementSize is the number of bytes of an element.
func (d NumpyDType) ElementSize() int64 {
	return numpySizes[strings.TrimLeft(string(d), "<>|=")]
}

// numpyDType is numpy.dtype(code, align, copy).
func numpyDType(_ *machine, args Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errArgs
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, errArgs
	}
	if numpySizes[code] == 0 {
		return nil, errorf("a numpy dtype %q is not read: only numbers are", code)
	}
	return &numpyType{code: code, order: "|"}, nil
}

// setState takes (version, byte order, subtype, names, fields, size, alignment, flags).
func (t *numpyType) setState(state any) error {
	s, _ := state.(Tuple)
	if len(s) < 5 {
		return errorf("the state of a numpy dtype is a %s", describe(state))
	}
	order, ok := s[1].(string)
	if !ok || !slices.Contains([]string{"<", ">", "|", "="}, order) || s[2] != nil || s[3] != nil || s[4] != nil {
		return errorf("a numpy dtype is not one of plain numbers")
	}
	if order == ">" {
		return errorf("a numpy value is big-endian: in Python, convert it with .astype(x.dtype.newbyteorder('='))")
	}
	if order == "=" {
		order = "<"
	}
	t.order = order
	return nil
}

// numpyScalar is numpy.core.multiarray.scalar(dtype, bytes).
func numpyScalar(_ *machine, args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, errArgs
	}
	t, ok1 := args[0].(*numpyType)
	b, ok2 := args[1].([]byte)
	if !ok1 || !ok2 || int64(len(b)) != numpySizes[t.code] {
		return nil, errArgs
	}
	return Scalar{DType: t.name(), Value: numpyValue(t.code, b)}, nil
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

// setState takes (version, shape, dtype, is it Fortran order, data).
func (a *Array) setState(state any) error {
	s, _ := state.(Tuple)
	if len(s) != 5 {
		return errorf("the state of a numpy array is a %s", describe(state))
	}
	shape, ok1 := dims(s[1])
	t, ok2 := s[2].(*numpyType)
	fortran, ok3 := s[3].(bool)
	data, ok4 := s[4].([]byte)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return errorf("the state of a numpy array is (%s)", describeAll(s))
	}
	return a.set(shape, t, fortran, data)
}

// numpyFromBuffer is _frombuffer(buffer, dtype, shape, order), as protocol 5 writes arrays.
func numpyFromBuffer(_ *machine, args Tuple) (any, error) {
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
	shape, ok2 := dims(args[2])
	if !ok1 || !ok2 || args[3] != "C" && args[3] != "F" {
		return nil, errArgs
	}
	a := &Array{}
	return a, a.set(shape, t, args[3] == "F", data)
}

func (a *Array) set(shape []int64, t *numpyType, fortran bool, data []byte) error {
	n := numpySizes[t.code]
	for _, d := range shape {
		if d < 0 || len(shape) > maxDims {
			return errorf("a numpy array has the shape %v", shape)
		}
		n = mulSat(n, d)
	}
	if n != int64(len(data)) {
		return errorf("a numpy array of shape %v and type %s has %d bytes of data", shape, t.name(), len(data))
	}
	*a = Array{DType: t.name(), Shape: shape, Fortran: fortran, Data: data}
	return nil
}
