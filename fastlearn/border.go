package fastlearn

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
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
	case guard.IsNil(l.Model) || guard.IsNil(l.Loss) || l.Recorder == nil:
		return fmt.Errorf("fastlearn: %s: the learner has no Model, Loss or Recorder: make it by NewLearner or VisionLearner", method)
	}
	if err := l.DLs.check(); err != nil {
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

// check refuses loaders that are nil or incomplete.
func (d *DataLoaders) check() error {
	switch {
	case d == nil:
		return errors.New("the loaders are nil")
	case guard.IsNil(d.Train) || guard.IsNil(d.Valid):
		return errors.New("the loaders lack a Train or a Valid: put them together by NewDataLoaders, whose valid may be nil")
	}
	return nil
}

// tensorOf calls a function of the caller's that returns a tensor, within a torch.Try.
func tensorOf(role string, fn any, f func() *torch.Tensor) (t *torch.Tensor) {
	guard.Do(role, fn, func() {
		if t = f(); t == nil {
			panic(errors.New("it returned no tensor"))
		}
	})
	return t
}

func callModel(m nn.Module, x *torch.Tensor) *torch.Tensor {
	return tensorOf("Forward", m, func() *torch.Tensor { return nn.Call(m, x) })
}

// lossOf is the loss of the batch in hand.
func (l *Learner) lossOf(r torch.Reduction) *torch.Tensor {
	return tensorOf("Loss", l.Loss, func() *torch.Tensor { return l.Loss.Loss(l.Pred, l.Y, r) })
}

func activation(loss Loss, pred *torch.Tensor) *torch.Tensor {
	return tensorOf("Activation", loss, func() *torch.Tensor { return loss.Activation(pred) })
}

func decode(loss Loss, activated *torch.Tensor) *torch.Tensor {
	return tensorOf("Decode", loss, func() *torch.Tensor { return loss.Decode(activated) })
}

// nameOf is a metric's name.
func nameOf(m Metric) (name string) {
	guard.Do("Name", m, func() { name = m.Name() })
	return name
}

// lenOf is a loader's number of batches.
func lenOf(dl Loader) (n int) {
	guard.Do("Len", dl, func() { n = dl.Len() })
	return n
}

// batchesOf ranges over batches that a loader's method makes; its panic ends them with an error. A panic of who ranges
// goes on.
func batchesOf(method string, dl Loader, batches func() iter.Seq2[*Batch, error]) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		outside, ended := false, false // in yield, which isn't the loader's; after it wanted no more
		err := guard.Call(method, dl, func() error {
			for b, err := range batches() {
				if b == nil && err == nil {
					err = errors.New("fastlearn: the loader gave neither a batch nor an error")
				}
				outside = true
				more := yield(b, err)
				outside = false
				if ended = !more || err != nil; ended {
					return nil
				}
			}
			return nil
		})
		switch {
		case err != nil && outside:
			panic(err)
		case err != nil && !ended:
			yield(nil, err)
		}
	}
}

// epochOf runs one epoch of a loader.
func epochOf(ctx context.Context, dl Loader) iter.Seq2[*Batch, error] {
	return batchesOf("Batches", dl, func() iter.Seq2[*Batch, error] { return dl.Batches(ctx) })
}
