// Package predictor predicts with models that were exported, without data and without what trains: [Load] reads a file of
// fastlearn's Learner.Export.
package predictor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Predictor predicts pictures with a model that [fastlearn.Learner.Export] wrote. It never changes,
// and is safe for any number of goroutines. Decoding runs on as many goroutines as there
// are processors; the model runs on goroutines of its own that keep their OS threads,
// since libtorch's pools of threads belong to threads.
//
// Whoever made it closes it.
type Predictor struct {
	vocab              []string
	activation, decode string
	threshold          float32
	decoder            vision.Decoder
	itemTfms           vision.ItemTransforms
	batchTfms          vision.BatchTransforms
	model              nn.Module      // nil where there is a plan
	plan               *plan.Plan     // of the file's graph
	precision          plan.Precision // of the plan
	notFinite          []string       // its weights that aren't, with AllowNotFinite
	config             config

	undecoded, decoded chan *request
	images             sync.Pool // of *vision.Image
	decoders, runners  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	calls   sync.WaitGroup // calls that run
	stopped chan struct{}  // closed when all is freed
}

// ErrClosed is the error of a closed predictor.
var ErrClosed = errors.New("predictor: the predictor is closed")

// PictureError is a predictor's error of a picture that can't be read; others are the model's, or ctx's.
type PictureError struct{ Err error }

// Error is that of Err, which names the file.
func (e *PictureError) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *PictureError) Unwrap() error { return e.Err }

// Option changes a default of [Load].
type Option func(*config)

type config struct {
	device   torch.Device
	workers  int
	maxBatch int
	maxDelay time.Duration
	build    func(name string) (nn.Module, error)
	any      bool // weights, also those that aren't finite
	tta      bool
}

// Batching joins pictures that wait at the same time into batches of at most maxBatch. A
// picture waits up to maxDelay for others; with 0 it never waits, so that a lone one is
// as quick as without, and what joins it is only what waited already while the model
// was busy, as far as that pays: where a picture costs hardly less in a large batch than in a
// small one, small ones answer the first sooner. Without this option each picture is run by itself, but for those of one
// [Predictor.PredictAll].
func Batching(maxBatch int, maxDelay time.Duration) Option {
	return func(c *config) { c.maxBatch, c.maxDelay = maxBatch, maxDelay }
}

// OnDevice sets the device of the model. The default is the first working GPU, otherwise the CPU.
func OnDevice(d torch.Device) Option { return func(c *config) { c.device = d } }

// Workers sets how many batches the model runs at the same time (default 1). Each
// worker has libtorch's threads of its own, so that more than one is for many processors.
func Workers(n int) Option { return func(c *config) { c.workers = n } }

// BuildModel makes the model of a file that was exported with [fastlearn.OwnModel], under the name
// that was given there. The predictor loads the file's weights into it, and closes it.
func BuildModel(f func(name string) (nn.Module, error)) Option {
	return func(c *config) { c.build = f }
}

// AllowNotFinite loads a file whose weights hold NaN or infinity, which otherwise is an error. A prediction that isn't
// finite stays one.
func AllowNotFinite() Option { return func(c *config) { c.any = true } }

// TTA predicts each picture and its mirror image, and averages what the model says of the two: test-time augmentation, for
// models of pictures that mean the same in a mirror. It takes twice the time.
func TTA() Option { return func(c *config) { c.tta = true } }

func (c config) check() error {
	switch {
	case c.maxBatch < 1:
		return fmt.Errorf("predictor: Batching(%d, …): want batches of 1 or more", c.maxBatch)
	case c.maxDelay < 0:
		return fmt.Errorf("predictor: Batching(…, %v): want a delay of 0 or more", c.maxDelay)
	case c.workers < 1:
		return fmt.Errorf("predictor: Workers(%d): want 1 or more", c.workers)
	}
	return c.device.Check()
}

// Vocab are the classes or labels in the order of [Prediction.Probs]; nil for numbers, and for a nil predictor.
func (p *Predictor) Vocab() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.vocab)
}

// Predict says what a picture of any supported format shows. When ctx is done it returns
// ctx's error without waiting for the picture.
func (p *Predictor) Predict(ctx context.Context, path string) (Prediction, error) {
	return p.do(ctx, &request{path: path})
}

// PredictBytes is [Predictor.Predict] for a file in memory, which nobody reads any more
// once it returns.
func (p *Predictor) PredictBytes(ctx context.Context, file []byte) (Prediction, error) {
	return p.do(ctx, &request{memory: func(r *vision.Reader, into *vision.Image) error { return r.ReadBytes(file, nil, vision.Valid, into) }})
}

// PredictImage is [Predictor.Predict] for an image of Go's, of at most as many pixels as a file's picture may have; see
// [vision.Reader.ReadImage]. Nobody looks at it any more once this returns.
func (p *Predictor) PredictImage(ctx context.Context, m image.Image) (Prediction, error) {
	return p.do(ctx, &request{memory: func(r *vision.Reader, into *vision.Image) error { return r.ReadImage(m, nil, vision.Valid, into) }})
}

// Predicted is the prediction of one of several pictures, or why there is none.
type Predicted struct {
	Prediction
	Err error
}

// PredictAll predicts several pictures, in batches, and returns as many results in their
// order. A picture that can't be read has its error and harms no other. When ctx is done
// those that have not been predicted have ctx's error.
func (p *Predictor) PredictAll(ctx context.Context, paths []string) []Predicted {
	out := make([]Predicted, len(paths))
	if p == nil || ctx == nil {
		for i := range out {
			_, out[i].Err = p.do(ctx, nil)
		}
		return out
	}
	var next atomic.Int64
	var callers sync.WaitGroup
	for range min(len(paths), 2*max(p.config.maxBatch, joined)) {
		callers.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(paths); i = next.Add(1) - 1 {
				out[i].Prediction, out[i].Err = p.do(ctx, &request{path: paths[i], join: true})
			}
		})
	}
	callers.Wait()
	return out
}

// Close waits for the calls that run, ends the predictor's goroutines and frees the model.
// Later calls return [ErrClosed]. It may be called again, by several goroutines.
func (p *Predictor) Close() error {
	if p == nil || p.stopped == nil {
		return nil
	}
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if first {
		p.calls.Wait()
		close(p.undecoded)
		p.decoders.Wait()
		close(p.decoded)
		p.runners.Wait()
		p.free()
		close(p.stopped)
	}
	<-p.stopped
	return nil
}

// enter begins a call, unless the predictor is closed.
func (p *Predictor) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.calls.Add(1)
	}
	return !p.closed
}

// do hands a picture to the decoders and waits for its prediction.
func (p *Predictor) do(ctx context.Context, r *request) (Prediction, error) {
	if p == nil || p.stopped == nil {
		return Prediction{}, errors.New("predictor: the predictor is nil or empty: make it by predictor.Load")
	}
	if err := guard.Context("predictor: Predict", ctx); err != nil {
		return Prediction{}, err
	}
	if !p.enter() {
		return Prediction{}, ErrClosed
	}
	defer p.calls.Done()
	if err := ctx.Err(); err != nil { // since select would choose at random
		return Prediction{}, err
	}
	r.ctx, r.read, r.out = ctx, make(chan struct{}), make(chan answer, 1)
	select {
	case p.undecoded <- r:
	case <-ctx.Done():
		return Prediction{}, ctx.Err()
	}
	select {
	case a := <-r.out:
		return a.prediction, a.err
	case <-ctx.Done():
		if r.memory != nil {
			<-r.read // they are the caller's again
		}
		return Prediction{}, ctx.Err()
	}
}
