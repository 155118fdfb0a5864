// Package nomemory says what to try where there was no memory for a batch.
package nomemory

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Error is a batch for which there was no memory.
type Error struct {
	Device torch.Device
	Items  int64 // of the batch; 0 where it was being loaded
	Err    error // the operation's: how much it asked for and how much was held
}

// Unwrap returns the operation's error.
func (e *Error) Unwrap() error { return e.Err }

// Error says what to try.
func (e *Error) Error() string {
	what, try := fmt.Sprintf("a batch of %d items", e.Items), fmt.Sprintf("data.BatchSize(%d)", e.Items/2)
	switch e.Items {
	case 0:
		what, try = "to load a batch", "a smaller data.BatchSize"
	case 1:
		what, try = "a batch of one item", "smaller pictures or a smaller model"
	}
	if e.Items > 0 {
		what = "for " + what
	}
	return fmt.Sprintf("fastlearn: no memory on %s %s: try %s: %v", e.Device, what, try, e.Err)
}

// Advise returns an [*Error] about x, a batch's input or nil, if err is for want of memory, and err itself otherwise.
func Advise(err error, device torch.Device, x *torch.Tensor) error {
	var advised *Error
	if !errors.Is(err, torch.ErrOutOfMemory) || errors.As(err, &advised) {
		return err
	}
	e := &Error{Device: device, Err: err}
	if x != nil && x.Dim() > 0 {
		e.Items = x.Size(0)
	}
	return e
}
