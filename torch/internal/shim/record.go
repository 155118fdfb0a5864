package shim

// #include "record.h"
import "C"

import "unsafe"

// Recorder writes down the operations of an OS thread.
type Recorder struct{ p unsafe.Pointer }

// Operation is one that a Recorder wrote down; record.h describes it.
type Operation struct {
	Name, Fault string
	Words       []int64
	MACs        int64
}

// Record begins to write down what the OS thread, which must be locked, does to tensors; the first are inputs, the others weights.
func Record(tensors []Handle, inputs int) (r Recorder, err error) {
	p, n := list(tensors)
	err = check(C.fl_record_begin(p, n, C.int(inputs), &r.p))
	return r, err
}

// On tells whether it is one.
func (r Recorder) On() bool { return r.p != nil }

// End ends that; Free frees what was written.
func (r Recorder) End()  { C.fl_record_end(r.p) }
func (r Recorder) Free() { C.fl_record_free(r.p) }

// Operations is how many were written down.
func (r Recorder) Operations() int { return int(C.fl_record_operations(r.p)) }

// Operation returns one. Its words are C's until Free; it must be asked for once, since its strings are given away.
func (r Recorder) Operation(i int) Operation {
	var o C.fl_operation
	C.fl_record_operation(r.p, C.int(i), &o)
	return Operation{C.GoString(o.name), C.GoString(o.fault), unsafe.Slice((*int64)(unsafe.Pointer(o.words)), int(o.nwords)), int64(o.macs)}
}

// Values is how many tensors have numbers.
func (r Recorder) Values() int { return int(C.fl_record_values(r.p)) }

// Value tells what a tensor was, and whether it was given or an operation made it.
func (r Recorder) Value(i int) (info Info, made bool) {
	var c C.fl_info
	var m C.int
	C.fl_record_value(r.p, C.int(i), &c, &m)
	info = Info{DType: int(c.dtype), CUDA: int(c.cuda), Dim: int(c.ndim)}
	for i := range info.Dim {
		info.Sizes[i] = int64(c.sizes[i])
	}
	return info, m != 0
}

// Number is a tensor's, -1 where it has none.
func (r Recorder) Number(t Handle) int { return int(C.fl_record_number(r.p, t)) }
