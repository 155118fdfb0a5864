package torch

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Tensor is libtorch's tensor: a handle, and the scope that owns it.
//
// A tensor without a scope is its holder's to [Tensor.Close]. A Tensor must not
// be used by two goroutines at once, except to read a parameter. To close one, or its scope, while another
// goroutine uses it ends the process.
type Tensor struct {
	c       lib.Ctensor // nil once closed
	scope   *Scope      // nil: its holder's own
	slot    int32       // its place in the scope
	zeroed  bool        // a gradient that it lacks is zeros, see ZeroGrad
	cleanup runtime.Cleanup
}

// begin allocates the result of an operation and locks the OS thread until done
// or failed, since gotch leaves its error in a thread-local slot. The result is
// empty: its handle's address may be passed to C, as no Go pointer is near it.
func begin() *Tensor {
	runtime.LockOSThread()
	return &Tensor{}
}

// in ends an operation: it puts the result into scope s, or panics with the error
// that left it empty.
func (t *Tensor) in(s *Scope, op string, operands ...*Tensor) *Tensor {
	if t.c == nil {
		msg := lastError()
		runtime.UnlockOSThread()
		fail(op, msg, operands...)
	}
	runtime.UnlockOSThread()
	t.hang(s, op, operands)
	return t
}

// hang puts a fresh handle into scope s. Where s takes none the handle is freed, and the panic says why.
func (t *Tensor) hang(s *Scope, op string, operands []*Tensor) {
	born(t.c)
	if s != nil {
		if s.closed || s.state == nil {
			t.Close()
			s.check(op, operands...)
		}
		t.slot = s.add(t.c)
		t.scope = s
	}
	for _, o := range operands {
		runtime.KeepAlive(o)
	}
}

// unary, binary and the like end an operation in the youngest scope of its operands.
func (t *Tensor) from(op string, a *Tensor) *Tensor { return t.in(a.scope, op, a) }

func (t *Tensor) from2(op string, a, b *Tensor) *Tensor {
	return t.in(younger(a.scope, b.scope), op, a, b)
}

// wrap takes a new handle, or panics with err.
func wrap(h shim.Handle, err error, s *Scope, op string, operands ...*Tensor) *Tensor {
	if err != nil {
		fail(op, err.Error(), operands...)
	}
	t := &Tensor{c: lib.Ctensor(h)}
	t.hang(s, op, operands)
	return t
}

// check panics with err, if any; for operations that have no result.
func check(err error, op string, operands ...*Tensor) {
	if err != nil {
		fail(op, err.Error(), operands...)
	}
	for _, o := range operands {
		runtime.KeepAlive(o)
	}
}

// ptr is the handle of a tensor that must be there.
func (t *Tensor) ptr() lib.Ctensor {
	if t == nil {
		panic(&Error{Op: "tensor", Msg: "nil tensor"})
	}
	if t.c == nil || t.scope != nil && t.scope.closed {
		panic(&Error{Op: "tensor", Msg: "used after it, or its scope, was closed"})
	}
	return t.c
}

// opt is the handle of a tensor that may be nil.
func (t *Tensor) opt() lib.Ctensor {
	if t == nil {
		return nil
	}
	return t.ptr()
}

func (t *Tensor) handle() shim.Handle { return shim.Handle(t.ptr()) }

// Handle is gotch's handle of the tensor: at::Tensor*. It stays valid as long as the tensor does.
func (t *Tensor) Handle() unsafe.Pointer { return t.handle() }

// FromHandle takes over a handle that nobody else frees. The tensor is its caller's to close.
func FromHandle(h unsafe.Pointer) *Tensor {
	if h == nil {
		fail("from_handle", "a nil handle")
	}
	return wrap(h, nil, nil, "from_handle").Keep()
}

// Close frees the tensor. It may be called again, on nil too. Memory that other
// tensors or the gradient graph still use stays until they let go of it.
func (t *Tensor) Close() {
	if t == nil || t.c == nil {
		return
	}
	if t.scope != nil {
		if t.scope.closed {
			t.c = nil
			return
		}
		t.scope.drop(t.slot)
		t.scope = nil
	} else {
		t.cleanup.Stop()
	}
	h := t.c
	t.c = nil
	freeHandle(h)
}

// Keep moves the tensor out of its scope: from now on its holder closes it.
// It returns the tensor.
func (t *Tensor) Keep() *Tensor {
	t.ptr()
	if t.scope != nil {
		t.scope.drop(t.slot)
		t.scope = nil
	} else {
		t.cleanup.Stop()
	}
	t.cleanup = runtime.AddCleanup(t, freeHandle, t.c)
	return t
}

// MoveTo moves the tensor into scope s; with nil it is [Tensor.Keep]. It returns the tensor. A
// closed scope is refused, and the tensor stays where it was.
func (t *Tensor) MoveTo(s *Scope) *Tensor {
	if t.ptr(); s == t.scope && s != nil {
		return t
	}
	s.check("move_to", t)
	t.Keep()
	if s != nil {
		t.cleanup.Stop()
		t.slot = s.add(t.c)
		t.scope = s
	}
	return t
}

// Scope is the scope that owns the tensor, nil for its holder's own.
func (t *Tensor) Scope() *Scope {
	if t == nil {
		return nil
	}
	return t.scope
}

func (t *Tensor) info() shim.Info {
	info, err := shim.TensorInfo(t.handle())
	check(err, "info", nil)
	runtime.KeepAlive(t)
	return info
}

// Shape returns the sizes, such as {N, C, H, W}. The caller may change the slice.
func (t *Tensor) Shape() []int64 {
	i := t.info()
	return append([]int64(nil), i.Sizes[:i.Dim]...)
}

// SameLayout tells whether t and u have one shape and one order of elements in memory.
func (t *Tensor) SameLayout(u *Tensor) bool {
	a, b := t.info(), u.info()
	return a.Dim == b.Dim && a.Sizes == b.Sizes && a.Strides == b.Strides
}

// Strides returns how many elements lie between neighbours of each dimension.
func (t *Tensor) Strides() []int64 {
	i := t.info()
	return append([]int64(nil), i.Strides[:i.Dim]...)
}

// Size is the size of dimension dim; negative ones count from the end.
func (t *Tensor) Size(dim int) int64 {
	i := t.info()
	d := dim
	if d < 0 {
		d += i.Dim
	}
	if d < 0 || d >= i.Dim {
		fail("size", fmt.Sprintf("dimension %d of a tensor of %d", dim, i.Dim), t)
	}
	return i.Sizes[d]
}

// Dim is the number of dimensions.
func (t *Tensor) Dim() int { return t.info().Dim }

// Numel is the number of elements.
func (t *Tensor) Numel() int64 { return t.info().NumEl }

// DType is the type of the elements.
func (t *Tensor) DType() DType { return DType(t.info().DType) }

// Device says where the elements are.
func (t *Tensor) Device() Device { return deviceAt(t.info().CUDA) }

// IsContiguous tells whether the elements lie in memory in that format's order.
func (t *Tensor) IsContiguous(f MemoryFormat) bool {
	if f.c("is_contiguous") == int(ChannelsLast) {
		return t.info().IsChannelsLast
	}
	return t.info().Contiguous
}

// describe is for messages: "float32[2×3]".
func (t *Tensor) describe() string {
	if t == nil {
		return "nil"
	}
	if t.c == nil || t.scope != nil && t.scope.closed {
		return "closed"
	}
	i, err := shim.TensorInfo(shim.Handle(t.c))
	if err != nil {
		return "?"
	}
	sizes := make([]string, i.Dim)
	for d := range sizes {
		sizes[d] = fmt.Sprint(i.Sizes[d])
	}
	s := fmt.Sprintf("%s[%s]", DType(i.DType), strings.Join(sizes, "×"))
	if i.CUDA >= 0 {
		s += "@" + deviceAt(i.CUDA).String()
	}
	return s
}

// Assign makes t a handle of what u is a handle of, and closes u. Whoever holds t,
// an optimizer or a module, then sees the new tensor. t's owner stays its owner. To assign t to itself changes nothing.
func (t *Tensor) Assign(u *Tensor) {
	if t.ptr(); t == u {
		return
	}
	u.Keep()
	u.cleanup.Stop()
	old := t.c
	t.c, u.c, t.zeroed = u.c, nil, u.zeroed
	if t.scope != nil {
		t.scope.state.handles[t.slot] = t.c
	} else {
		t.cleanup.Stop()
		t.cleanup = runtime.AddCleanup(t, freeHandle, t.c)
	}
	freeHandle(old)
}
