package data

import (
	"context"
	"errors"
	"iter"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Check returns an error for loaders that are nil or incomplete.
func (d *Loaders) Check() error {
	switch {
	case d == nil:
		return errors.New("the loaders are nil")
	case guard.IsNil(d.Train) || guard.IsNil(d.Valid):
		return errors.New("the loaders lack a Train or a Valid: put them together by NewLoaders, whose valid may be nil")
	}
	return nil
}

// Batches runs an epoch of l from its batch first on (see [LoaderFrom]; those before are passed over where l isn't one), with
// each batch on a device, as fastai's learner puts it there. A panic of the loader ends it with an error that names the method.
func Batches(ctx context.Context, l Loader, first int, device torch.Device) iter.Seq2[*Batch, error] {
	pass := max(first, 0)
	all := guarded("Batches", l, func() iter.Seq2[*Batch, error] { return l.Batches(ctx) })
	if from, ok := l.(LoaderFrom); ok && first > 0 {
		pass = 0
		all = guarded("BatchesFrom", l, func() iter.Seq2[*Batch, error] { return from.BatchesFrom(ctx, first) })
	}
	return func(yield func(*Batch, error) bool) {
		for b, err := range all {
			if pass > 0 && err == nil {
				pass--
				b.Close()
				continue
			}
			if err == nil {
				if err = b.to(device); err != nil {
					b.Close()
					b = nil
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// guarded ranges over batches that a loader's method makes; its panic ends them with an error. A panic of who ranges
// goes on.
func guarded(method string, dl Loader, batches func() iter.Seq2[*Batch, error]) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		outside, ended := false, false // in yield, which isn't the loader's; after it wanted no more
		err := guard.Call(method, dl, func() error {
			for b, err := range batches() {
				if b == nil && err == nil {
					err = errors.New("data: the loader gave neither a batch nor an error")
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
