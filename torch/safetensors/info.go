package safetensors

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// maxDims is the number of dimensions that libtorch can work with.
const maxDims = 64

// An info is what a header says of one tensor.
type info struct {
	dtype      pth.DType
	shape      []int64
	begin, end int64 // in the bytes behind the header
}

// another passes over what follows a member: a comma and true, or the end and false.
func (s *scanner) another(end byte) (bool, *Error) {
	if s.skip(',') {
		s.space()
		return true, nil
	}
	return false, s.expect(end, "or a comma")
}

// pair reads a key and a text.
func (s *scanner) pair() (key, value text, err *Error) {
	if key, err = s.text("a key"); err != nil {
		return key, value, err
	}
	if err = s.expect(':', "after a key"); err != nil {
		return key, value, err
	}
	value, err = s.text("a text, which all metadata are,")
	return key, value, err
}

// info reads a tensor's description; its shape is appended to shape.
func (s *scanner) info(shape []int64) (in info, err *Error) {
	if err := s.expect('{', "for the tensor's description"); err != nil {
		return in, err
	}
	const dtypeField, shapeField, offsetsField = 1, 2, 4
	seen := 0
	for more := !s.skip('}'); more; {
		name, err := s.text("dtype, shape or data_offsets")
		if err != nil {
			return in, err
		}
		if err := s.expect(':', "after a key"); err != nil {
			return in, err
		}
		field := 0
		switch {
		case name.is("dtype"):
			field = dtypeField
			var t text
			if t, err = s.text("a dtype"); err == nil {
				in.dtype, err = dtypeNamed(t)
			}
		case name.is("shape"):
			field = shapeField
			in.shape, err = s.shape(shape)
		case name.is("data_offsets"):
			field = offsetsField
			in.begin, in.end, err = s.offsets()
		case s.plain(): // of a later version of the format
		default:
			return in, errorf("its description has the key %.50q, want dtype, shape, data_offsets and plain values", name.raw)
		}
		switch {
		case err != nil:
			return in, err
		case seen&field != 0:
			return in, errorf("its %s comes twice", name)
		}
		seen |= field
		if more, err = s.another('}'); err != nil {
			return in, err
		}
	}
	for i, name := range []string{"dtype", "shape", "data_offsets"} {
		if seen&(1<<i) == 0 {
			return in, errorf("it has no %s", name)
		}
	}
	if last := len(in.shape) - 1; pairs(in.dtype) {
		if last < 0 || in.shape[last]%2 != 0 {
			return in, errorf("it is F4 of shape %v: the last dimension must be even, for two numbers are a byte", in.shape)
		}
		in.shape[last] /= 2
	}
	return in, in.check()
}

// shape reads the dimensions.
func (s *scanner) shape(into []int64) ([]int64, *Error) {
	if err := s.expect('[', "for the dimensions"); err != nil {
		return nil, err
	}
	for more := !s.skip(']'); more; {
		if len(into) == maxDims {
			return nil, errorf("it has more than %d dimensions", maxDims)
		}
		n, err := s.number("a dimension")
		if err != nil {
			return nil, err
		}
		into = append(into, n)
		if more, err = s.another(']'); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// offsets reads where a tensor's bytes begin and end.
func (s *scanner) offsets() (begin, end int64, err *Error) {
	if err = s.expect('[', "for data_offsets"); err != nil {
		return 0, 0, err
	}
	if begin, err = s.number("the begin"); err != nil {
		return 0, 0, err
	}
	if err = s.expect(',', "between begin and end"); err != nil {
		return 0, 0, err
	}
	if end, err = s.number("the end"); err != nil {
		return 0, 0, err
	}
	return begin, end, s.expect(']', "after begin and end")
}

// check compares shape and dtype with the number of bytes. No product may overflow, not even beside a dimension of 0.
func (in info) check() *Error {
	size, empty := int64(in.dtype.Size()), false
	for _, d := range in.shape {
		if d == 0 {
			empty = true
			continue
		}
		if size > math.MaxInt64/d {
			return errorf("its shape %v is of more bytes than 63 bits can count", in.shape)
		}
		size *= d
	}
	if empty {
		size = 0
	}
	switch {
	case in.end < in.begin:
		return errorf("its data_offsets %d and %d go backwards", in.begin, in.end)
	case in.end-in.begin != size:
		return errorf("it is %v of shape %v, which takes %d bytes, and its data_offsets give it %d", in.dtype, in.shape, size, in.end-in.begin)
	}
	return nil
}
