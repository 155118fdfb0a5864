package shim

/*
#include <stdlib.h>
#include "callback.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"
)

// Callback is a function that libtorch calls in a backward pass, on any thread. The argument is the function's to free,
// and the result libtorch's; nil is none. Release, if any, is called when nothing holds the function any more.
type Callback struct {
	Call    func(x Handle) Handle
	Release func()
}

func remember(f Callback) C.uintptr_t { return C.uintptr_t(cgo.NewHandle(f)) }

// flCall calls a function; its panic becomes the message.
//
//export flCall
func flCall(id C.uintptr_t, x unsafe.Pointer, out *unsafe.Pointer) (msg *C.char) {
	defer func() {
		if r := recover(); r != nil {
			msg = C.CString(fmt.Sprint(r))
		}
	}()
	*out = cgo.Handle(id).Value().(Callback).Call(x)
	return nil
}

//export flForget
func flForget(id C.uintptr_t) {
	h := cgo.Handle(id)
	f := h.Value().(Callback)
	h.Delete()
	if f.Release != nil {
		f.Release()
	}
}

// RegisterHook has f called with t's gradient, and a result replace it.
func RegisterHook(t Handle, f Callback) error { return check(C.fl_register_hook(t, remember(f))) }

// RetainGrad has t, which isn't a leaf, keep its gradient.
func RetainGrad(t Handle) error { return check(C.fl_retain_grad(t)) }

// Checkpoint makes y, computed of x without a graph, a result of x that f computes again in the backward pass.
func Checkpoint(x, y Handle, f Callback) (out Handle, err error) {
	err = check(C.fl_checkpoint(&out, x, y, remember(f)))
	return out, err
}

// InferenceEnter puts the calling thread into libtorch's inference mode, until InferenceLeave.
func InferenceEnter() (guard unsafe.Pointer, err error) {
	err = check(C.fl_inference_enter(&guard))
	return guard, err
}

// InferenceLeave ends what InferenceEnter began.
func InferenceLeave(guard unsafe.Pointer) { C.fl_inference_leave(guard) }
