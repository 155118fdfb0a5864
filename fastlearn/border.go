package fastlearn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// PanicError is the error that a panic in a function of the caller's becomes: a callback's event, GetY, a loss, a metric, a
// module's Forward. It names the function and holds the stack; [errors.As] finds a [*torch.Error] within.
type PanicError = guard.PanicError

// do is the border of the learner's exported methods: it refuses a learner that can't be used, and returns what
// panicked within as an error.
func (l *Learner) do(method string, f func() error) error {
	switch {
	case l == nil:
		return fmt.Errorf("fastlearn: %s: the learner is nil", method)
	case l.closed:
		return fmt.Errorf("fastlearn: %s: the learner is closed", method)
	case guard.IsNil(l.Model) || guard.IsNil(l.Loss) || l.Recorder == nil || l.peers == nil:
		return fmt.Errorf("fastlearn: %s: the learner has no Model, Loss or Recorder: make it by NewLearner or VisionLearner", method)
	}
	if err := l.DLs.Check(); err != nil {
		return fmt.Errorf("fastlearn: %s: %w", method, err)
	}
	return guard.Call(method, l, f)
}

// get is do for methods with a result.
func get[T any](l *Learner, method string, f func() (T, error)) (out T, err error) {
	err = l.do(method, func() error {
		got, err := f()
		out = got // some results come with an error, such as the path that Save wrote weights to that aren't finite
		return err
	})
	return out, err
}

// usable is do for methods that have no error to return: it tells whether there is something that they can work on.
func (l *Learner) usable() bool { return l.do("", func() error { return nil }) == nil }
