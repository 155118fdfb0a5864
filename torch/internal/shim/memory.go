package shim

// #include "shim.h"
import "C"

import (
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Memory is what a storage looks at that isn't libtorch's own.
type Memory struct {
	Release func() // called once, on any thread, when no tensor looks at it any more
	Shared  bool   // others, who gave it, may look at it and write to it
	inGo    bool
}

// FromBlob makes a CPU tensor over memory that stays where it is. Where it fails m is released, too.
func FromBlob(data unsafe.Pointer, shape, strides []int64, dtype int, m *Memory) (out Handle, err error) {
	p, n := sizes(shape)
	s, _ := sizes(strides)
	err = check(C.fl_from_blob(&out, data, p, s, n, C.int(dtype), C.uintptr_t(cgo.NewHandle(m))))
	return out, err
}

//export flReleaseBlob
func flReleaseBlob(owner C.uintptr_t) {
	h := cgo.Handle(owner)
	m := h.Value().(*Memory)
	h.Delete()
	m.Release()
}

// ToGo has the storage of t, of nbytes, lie in memory of Go's, where the collector sees who looks at it. Memory that is
// so already stays, and so does what others gave and share.
func ToGo(t Handle, nbytes int) error {
	var owner C.uintptr_t
	if err := check(C.fl_storage_owner(t, &owner)); err != nil {
		return err
	}
	if owner != 0 {
		if m := cgo.Handle(owner).Value().(*Memory); m.inGo || m.Shared {
			return nil
		}
	}
	memory := make([]byte, nbytes+alignment)
	p := unsafe.Pointer(unsafe.SliceData(memory))
	p = unsafe.Add(p, -uintptr(p)&(alignment-1))
	var pin runtime.Pinner
	pin.Pin(p)
	return check(C.fl_storage_move(t, p, C.uintptr_t(cgo.NewHandle(&Memory{Release: pin.Unpin, inGo: true}))))
}

// alignment is libtorch's.
const alignment = 64
