package distributed

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Reducer averages gradients over all processes while they are computed: it is c10d's own, which
// torch.nn.parallel.DistributedDataParallel is made of. As soon as all gradients of a bucket
// are there it is on its way to the others, while the backward pass goes on.
//
//	r.BeforeForward()
//	loss := …
//	r.BeforeBackward(loss)
//	loss.Backward() // the gradients are everywhere the same
type Reducer struct {
	g      *ProcessGroup
	c      shim.Reducer // nil where the group is this process alone, or closed
	params []*torch.Tensor
}

// ReducerOption changes a default of [ProcessGroup.NewReducer].
type ReducerOption func(*reducerConfig)

type reducerConfig struct {
	bucketBytes, firstBucketBytes int64
	findUnused                    bool
}

// BucketCapMB sets how large a bucket may grow, in MB of 2^20 bytes (default 25), and the first one 1;
// with it all have that size (bucket_cap_mb).
func BucketCapMB(mb float64) ReducerOption {
	return func(c *reducerConfig) {
		c.bucketBytes = int64(mb * (1 << 20))
		c.firstBucketBytes = c.bucketBytes
	}
}

// FindUnusedParameters looks before each backward pass for parameters that get no gradient;
// without it all must get one (find_unused_parameters).
func FindUnusedParameters() ReducerOption { return func(c *reducerConfig) { c.findUnused = true } }

// NewReducer hangs a reducer on the gradients of params, which must be leaves that require one,
// and the same everywhere in number, order, shape, dtype and layout. It must be closed
// before they are.
func (g *ProcessGroup) NewReducer(params []*torch.Tensor, opts ...ReducerOption) (*Reducer, error) {
	c := reducerConfig{bucketBytes: 25 << 20, firstBucketBytes: 1 << 20}
	if err := guard.Options("distributed: NewReducer", opts, func(o ReducerOption) { o(&c) }); err != nil {
		return nil, err
	}
	if c.bucketBytes < 1 {
		return nil, errors.New("distributed: BucketCapMB: want more than 0")
	}
	if len(params) == 0 {
		return nil, errors.New("distributed: no parameter requires a gradient: there is nothing to train")
	}
	r := &Reducer{g: g, params: params}
	err := g.collective("reducer", func() (err error) {
		r.c, err = shim.NewReducer(g.c, handles(params), c.bucketBytes, c.firstBucketBytes, c.findUnused)
		return err
	}, params...)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// BeforeForward must come before each forward pass whose gradients are averaged. Before the second
// one the buckets are made anew, in the order in which the gradients came.
func (r *Reducer) BeforeForward() error {
	if err := r.check("forward"); err != nil {
		return err
	}
	if r.c == nil {
		return nil
	}
	return r.g.Explain("forward", shim.ReducerBeforeForward(r.c))
}

// BeforeBackward must come right before loss.Backward(); an error of that is made plain by
// [ProcessGroup.Explain].
func (r *Reducer) BeforeBackward(loss *torch.Tensor) error {
	if err := r.check("backward"); err != nil {
		return err
	}
	if loss == nil {
		return errors.New("distributed: backward: the loss is nil")
	}
	if r.c == nil {
		return nil
	}
	err := shim.ReducerBeforeBackward(r.c, loss.Handle())
	runtime.KeepAlive(loss)
	return r.g.Explain("backward", err)
}

// Buckets is the number of buckets at present: one before the second step, unless parameters may
// be unused; 0 where the group is this process alone.
func (r *Reducer) Buckets() (int, error) {
	if err := r.check("buckets"); err != nil {
		return 0, err
	}
	if r.c == nil {
		return 0, nil
	}
	return shim.ReducerBuckets(r.c)
}

// check refuses a reducer that is nil or not made by [ProcessGroup.NewReducer].
func (r *Reducer) check(name string) error {
	if r == nil || r.g == nil {
		return fmt.Errorf("distributed: %s: the reducer is nil or empty: make it by NewReducer", name)
	}
	return nil
}

// Close takes the reducer off the gradients. It may be called again, on nil too.
func (r *Reducer) Close() {
	if r == nil || r.c == nil {
		return
	}
	shim.ReducerFree(r.c)
	r.c = nil
	runtime.KeepAlive(r.params)
}
