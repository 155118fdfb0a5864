package torch

import (
	"runtime"
	"sync/atomic"

	lib "github.com/sugarme/gotch/libtch"
)

// Scope owns tensors and frees them when it is closed. The result of an
// operation lives in the youngest scope of its operands.
//
// A scope and its children belong to one goroutine. Mixing tensors of two
// families of scopes in one operation panics with an [*Error], and so does making a tensor in a closed scope.
type Scope struct {
	state  *scopeState
	root   *Scope
	serial uint64 // age: larger is younger
	closed bool
	// backward is, of a root, the scope of the last tensor in the family whose Backward ran; see Tensor.Grad.
	backward *Scope
}

// scopeState holds the bare handles, so that it never refers back to the Scope:
// the collector's cleanup, the net below a forgotten Close, needs that.
type scopeState struct {
	handles []lib.Ctensor
	vacant  []int32
	cleanup runtime.Cleanup
}

var scopeSerial atomic.Uint64

// NewScope opens a scope of a new family. Its owner closes it:
//
//	s := torch.NewScope()
//	defer s.Close()
func NewScope() *Scope {
	s := &Scope{}
	s.root = s
	s.open()
	return s
}

// Child opens a younger scope of the same family, for the temporaries of a part of the work.
func (s *Scope) Child() *Scope {
	if s == nil {
		return NewScope()
	}
	s.check("child")
	c := &Scope{root: s.root}
	c.open()
	return c
}

func (s *Scope) open() {
	s.serial = scopeSerial.Add(1)
	s.state = &scopeState{}
	s.state.cleanup = runtime.AddCleanup(s, (*scopeState).free, s.state)
}

// Close frees every tensor that is still in the scope. It may be called again.
// Using a tensor of a closed scope panics with an [*Error].
func (s *Scope) Close() {
	if s == nil || s.closed || s.state == nil {
		return
	}
	s.closed = true
	s.state.cleanup.Stop()
	s.state.free()
	runtime.KeepAlive(s)
}

// Len is the number of tensors in the scope.
func (s *Scope) Len() int {
	if s == nil || s.state == nil {
		return 0
	}
	return len(s.state.handles) - len(s.state.vacant)
}

func (st *scopeState) free() {
	for _, h := range st.handles {
		if h != nil {
			freeHandle(h)
		}
	}
	st.handles, st.vacant = nil, nil
}

// add puts a handle into the scope and returns its place.
func (s *Scope) add(h lib.Ctensor) int32 {
	st := s.state
	if n := len(st.vacant); n > 0 {
		slot := st.vacant[n-1]
		st.vacant = st.vacant[:n-1]
		st.handles[slot] = h
		return slot
	}
	st.handles = append(st.handles, h)
	return int32(len(st.handles) - 1)
}

// drop takes a handle out of the scope without freeing it.
func (s *Scope) drop(slot int32) {
	s.state.handles[slot] = nil
	s.state.vacant = append(s.state.vacant, slot)
}

// mixed stands for scopes of two families. Like every closed scope it takes no tensor.
var mixed = func() *Scope {
	s := &Scope{closed: true}
	s.root = s
	return s
}()

// check refuses a scope that takes no tensor of op's.
func (s *Scope) check(op string, operands ...*Tensor) {
	switch {
	case s == nil || !s.closed && s.state != nil:
	case !s.closed:
		fail(op, "the scope is empty: make it by NewScope", operands...)
	case s == mixed:
		fail(op, "its operands live in scopes of two families (two goroutines?): move one with Keep or MoveTo", operands...)
	default:
		fail(op, "the scope is closed: make the tensor in an open one, or before Close", operands...)
	}
}

// younger returns the younger of two scopes of one family; nil is older than all.
func younger(a, b *Scope) *Scope {
	switch {
	case a == b || b == nil:
		return a
	case a == nil:
		return b
	case a.root != b.root:
		return mixed
	case b.serial > a.serial:
		return b
	}
	return a
}

var live atomic.Int64

// LiveTensors is the number of tensors that this package has made and not yet freed.
// Tests of leaks compare it before and after; [Leaks] tells who made them.
func LiveTensors() int64 { return live.Load() }

func freeHandle(h lib.Ctensor) {
	died(h)
	lib.AtFree(h)
}
