package shim

// #include <stdlib.h>
// #include "script.h"
import "C"

import "unsafe"

// Script is a pointer to a TorchScript module with its parts and slots.
type Script = unsafe.Pointer

// ScriptPart is a module within a script.
type ScriptPart struct {
	Name, Type string
	Parent     int // its place among the parts, -1 for the whole
	Training   bool
}

// ScriptSlot is a parameter or a buffer of a part; Same is the first slot with the very same
// tensor.
type ScriptSlot struct {
	Part   int
	Name   string
	Buffer bool
	Same   int
	Tensor Handle
}

// ScriptLoad reads a TorchScript file of size bytes from its descriptor.
func ScriptLoad(fd uintptr, size int64, cuda int) (out Script, err error) {
	err = check(C.fl_script_load(&out, C.int(fd), C.size_t(size), C.int(cuda)))
	return out, err
}

// ScriptFree frees the module, but for tensors that others hold.
func ScriptFree(m Script) { C.fl_script_free(m) }

// ScriptSize is the number of the parts and of the slots.
func ScriptSize(m Script) (parts, slots int) {
	var p, s C.int
	C.fl_script_size(m, &p, &s)
	return int(p), int(s)
}

// ScriptPartAt describes a part.
func ScriptPartAt(m Script, i int) (ScriptPart, error) {
	var name, typ *C.char
	var parent, training C.int
	err := check(C.fl_script_part(m, C.int(i), &name, &typ, &parent, &training))
	return ScriptPart{take(name), take(typ), int(parent), training != 0}, err
}

// ScriptSlotAt describes a slot, with a handle of its tensor.
func ScriptSlotAt(m Script, i int) (s ScriptSlot, err error) {
	var name *C.char
	var part, buffer, same C.int
	err = check(C.fl_script_slot(m, C.int(i), &part, &name, &buffer, &same, &s.Tensor))
	s.Part, s.Name, s.Buffer, s.Same = int(part), take(name), buffer != 0, int(same)
	return s, err
}

// ScriptTrain sets the mode of one part.
func ScriptTrain(m Script, part int, on bool) error {
	return check(C.fl_script_train(m, C.int(part), flag(on)))
}

// ScriptSync puts the tensors into the slots.
func ScriptSync(m Script, tensors []Handle) error {
	p, n := list(tensors)
	return check(C.fl_script_sync(m, p, n))
}

// ScriptForward puts the tensors into the slots and runs the module.
func ScriptForward(m Script, x Handle, tensors []Handle) (out Handle, err error) {
	p, n := list(tensors)
	err = check(C.fl_script_forward(&out, m, x, p, n))
	return out, err
}

// ScriptSave writes the module to an open file.
func ScriptSave(m Script, fd uintptr) error { return check(C.fl_script_save(m, C.int(fd))) }
