package torch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/room"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Error says which operation failed, on what, and why.
type Error struct {
	Op       string   // PyTorch's name of the operation
	Operands []string // dtype and shape of each tensor: "float32[2×3]"
	Msg      string   // libtorch's message, without its C++ stack
}

// ErrOutOfMemory is what errors.Is finds in the [*Error] of an operation for which a device or the host had no memory. What the
// operation asked for, and what was held, stands in its message.
var ErrOutOfMemory = errors.New("out of memory")

// Is reports whether the operation failed for want of memory, if target is [ErrOutOfMemory].
func (e *Error) Is(target error) bool {
	return e != nil && target == ErrOutOfMemory && slices.ContainsFunc(noMemory, func(words string) bool { return strings.Contains(e.Msg, words) })
}

// noMemory are the words of libtorch's allocators, of the driver, and of CUDA's libraries, which take memory of their own.
var noMemory = []string{"CUDA out of memory", "CUDA error: out of memory", "CUDA driver error: out of memory", "_ALLOC_FAILED", "can't allocate memory"}

// Error puts it on one line, or as many as libtorch's message has.
func (e *Error) Error() string {
	if len(e.Operands) == 0 {
		return fmt.Sprintf("torch.%s: %s", e.Op, e.Msg)
	}
	return fmt.Sprintf("torch.%s(%s): %s", e.Op, strings.Join(e.Operands, ", "), e.Msg)
}

// Try runs f and returns the [*Error] with which an operation in it panicked, or the error that package fastlearn made of
// a panic in a function of the caller's. Any other panic goes on. It is the one border between the expressions of this
// package and Go's errors.
func Try(f func()) (err error) {
	if err := guard.Given("torch.Try", f); err != nil {
		return err
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		case *guard.PanicError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// fail panics with an Error about op on these tensors.
func fail(op, msg string, operands ...*Tensor) {
	if i := strings.Index(msg, "\nException raised from"); i >= 0 {
		msg = msg[:i]
	}
	e := &Error{Op: op, Msg: strings.TrimSpace(msg)}
	for _, t := range operands {
		e.Operands = append(e.Operands, t.describe())
	}
	panic(e)
}

// allocate returns n, the number of bytes that op is about to take of Go's heap, or panics where there is no room for them.
func allocate(op string, n int64, operands ...*Tensor) int64 {
	if err := room.For(n); err != nil {
		fail(op, err.Error(), operands...)
	}
	return n
}

// lastError takes the message that gotch left in the slot of this OS thread.
func lastError() string {
	msg := lib.GetAndResetLastErr()
	if msg == nil {
		return "libtorch gave neither a result nor a message"
	}
	return shim.TakeString(unsafe.Pointer(msg))
}
