// Package interop converts between this module's tensors and gotch's, without
// copying elements, so that all that gotch offers, and models written with
// gotch/nn, work with a Learner.
//
// It is a package of its own because importing gotch's ts has effects that the
// core should not have: it creates ~/.cache/gotch, and its Must… functions end
// the process on an error.
package interop

import (
	"errors"
	"runtime"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch"
	lib "github.com/sugarme/gotch/libtch"
	"github.com/sugarme/gotch/ts"
)

// Gotch makes a gotch tensor over t's memory. Both are to be freed, each by its own
// means: gotch's by Drop, or by gotch's finalizer.
func Gotch(t *torch.Tensor) *ts.Tensor {
	h := lib.AtShallowClone(lib.Ctensor(t.Handle()))
	runtime.KeepAlive(t)
	return ts.New(h)
}

// FromGotch makes a tensor over g's memory, in scope s; with a nil scope it is the
// caller's to close. g stays its owner's to drop.
func FromGotch(s *torch.Scope, g *ts.Tensor) (*torch.Tensor, error) {
	if g == nil || g.Ctensor() == nil {
		return nil, errors.New("interop: nil gotch tensor")
	}
	h := lib.AtShallowClone(lib.Ctensor(g.Ctensor()))
	runtime.KeepAlive(g)
	if h == nil {
		return nil, errors.New("interop: the gotch tensor was dropped")
	}
	t := torch.FromHandle(unsafe.Pointer(h))
	if err := torch.Try(func() { t.MoveTo(s) }); err != nil { // s is closed
		t.Close()
		return nil, err
	}
	return t, nil
}
