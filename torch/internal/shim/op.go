package shim

// #include <stdlib.h>
// #include "op.h"
import "C"

import (
	"slices"
	"strings"
	"unsafe"
)

// Tags of the words that a call's arguments and results are made of; op.h says what follows each.
const (
	OpNone      = C.FL_NONE
	OpDefault   = C.FL_DEFAULT
	OpTensor    = C.FL_TENSOR
	OpInt       = C.FL_INT
	OpDouble    = C.FL_DOUBLE
	OpBool      = C.FL_BOOL
	OpComplex   = C.FL_COMPLEX
	OpString    = C.FL_STRING
	OpDevice    = C.FL_DEVICE
	OpObject    = C.FL_OBJECT
	OpTensors   = C.FL_TENSORS
	OpOptionals = C.FL_OPTIONALS
	OpInts      = C.FL_INTS
	OpDoubles   = C.FL_DOUBLES
	OpBools     = C.FL_BOOLS
	OpList      = C.FL_LIST
	OpArgument  = C.FL_ARGUMENT
)

// Operator is a pointer to an operation of libtorch's dispatcher.
type Operator = unsafe.Pointer

// FindOp finds an operation; op is nil where there is none, else it stays for good. The schema's lines are described in op.cc.
func FindOp(name, overload string) (op Operator, schema string, err error) {
	n, o := C.CString(name), C.CString(overload)
	defer C.free(unsafe.Pointer(n))
	defer C.free(unsafe.Pointer(o))
	var text *C.char
	if err := check(C.fl_op_find(n, o, &op, &text)); err != nil || op == nil {
		return nil, "", err
	}
	return op, take(text), nil
}

// OpNames returns the overloads of an operation, or of all where name is empty, sorted: "aten::add.Tensor", "aten::relu.".
func OpNames(name string) ([]string, error) {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	var text *C.char
	if err := check(C.fl_op_names(n, &text)); err != nil {
		return nil, err
	}
	return strings.Fields(take(text)), nil
}

// CallOp calls op with n arguments. The results are words of the buffer, or of a new slice where they are more.
func CallOp(op Operator, args []int64, n int, texts []byte, buffer []int64) ([]int64, error) {
	buffer[0] = 0
	err := check(C.fl_op_call(op, (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(args))), C.int(n),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(texts))), (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(buffer))), C.int(len(buffer))))
	if err != nil {
		return nil, err
	}
	if buffer[0] != -1 {
		return buffer, nil
	}
	block := *(*unsafe.Pointer)(unsafe.Pointer(&buffer[1]))
	defer C.free(block)
	return slices.Clone(unsafe.Slice((*int64)(block), buffer[2])), nil
}

// TakeWord takes the string that a word of the results points to.
func TakeWord(word *int64) string { return take(*(**C.char)(unsafe.Pointer(word))) }

// FreeObject frees a value that a word of the results pointed to.
func FreeObject(object unsafe.Pointer) { C.fl_object_free(object) }

// LoadLibrary opens a shared library, whose operations register themselves.
func LoadLibrary(path string) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	return check(C.fl_load_library(p))
}
