package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
)

// The figures of group load ask a predictor for photographs from memory: by so many clients that each wait for their answer (closed), and at
// times that a random generator draws (open; see servers.go).
const (
	clients  = 64
	requests = 512 // of a measurement
	warming  = 128 // more before them, until the queues are as they stay
)

func loadFigures() []figure {
	c := &closedLoop{}
	all := []figure{
		{group: "load", name: "resnet18 at 224, 64 clients, beside the best fixed batch", target: 0.95, open: c.open, theirs: c.bestBatch},
		{group: "load", name: "resnet18 at 224, 64 clients, p99 beside p50", target: 1 / 1.5, open: c.openTail, theirs: c.middle},
	}
	for _, part := range []float64{0.5, 0.8} {
		o := &openLoop{part: part}
		all = append(all, figure{group: "load", name: fmt.Sprintf("resnet18 at 224, %.0f %% of capacity, p99 beside onnxruntime_go", 100*part), target: 1, open: o.open, theirs: o.theirs, needs: needsONNXRuntime})
	}
	return all
}

// served is the model that the figures ask.
var served = recipe{"resnet18 at 224", vision.ResNet18, 224, 224, 32, 144}

// photographs are the files of an export, in memory.
func (e *exported) photographs() (all [][]byte, err error) {
	for _, path := range e.paths[:min(len(e.paths), 64)] {
		file, err := diskfile.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, file)
	}
	return all, nil
}

// askAll has clients ask n times between them, one photograph after the other, and returns how long each answer took, without the
// first ones, and the seconds from the last of these to the end.
func askAll(n, warm int, ask func(i int) error) (took []float64, seconds float64, err error) {
	var next, ended atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	var errs []error
	var begun time.Time
	for range clients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n+warm; i = int(next.Add(1)) - 1 {
				asked := time.Now()
				err := ask(i)
				now := time.Now()
				mu.Lock()
				switch k := int(ended.Add(1)); {
				case err != nil:
					errs = append(errs, err)
				case k == warm:
					begun = now
				case k > warm:
					took = append(took, now.Sub(asked).Seconds())
					seconds = now.Sub(begun).Seconds()
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return took, seconds, errors.Join(errs...)
}

// closedLoop is a predictor that so many clients ask.
type closedLoop struct {
	e     *exported
	p     *predictor.Predictor
	plan  *plan.Plan
	files [][]byte
	took  []float64 // of the last measurement
}

func (c *closedLoop) open() (measure func() (float64, error), done func(), err error) {
	s := torch.NewScope()
	done = func() {
		s.Close()
		c.plan.Close()
		c.p.Close()
		if c.e != nil {
			c.e.close()
		}
	}
	if c.e, err = export(served); err == nil {
		c.files, err = c.e.photographs()
	}
	if err == nil {
		c.p, err = predictor.Load(c.e.file, predictor.Batching(16, 0))
	}
	if err == nil {
		c.plan, err = c.e.plan(s)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return func() (float64, error) {
		took, seconds, err := askAll(requests, warming, func(i int) error {
			_, err := c.p.PredictBytes(context.Background(), c.files[i%len(c.files)])
			return err
		})
		c.took = took
		return seconds / float64(len(took)), err
	}, done, nil
}

// openTail measures the hundredth part of the answers that takes longest.
func (c *closedLoop) openTail() (func() (float64, error), func(), error) {
	measure, done, err := c.open()
	return func() (float64, error) {
		_, err := measure()
		return quantile(c.took, 0.99), err
	}, done, err
}

func (c *closedLoop) middle() (float64, error) { return quantile(c.took, 0.5), nil }

// bestBatch measures the same without a predictor: batches of one size, decoded on all processors and then run. The size is the one
// that is fastest.
func (c *closedLoop) bestBatch() (best float64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, size := range []int{1, 2, 4, 8, 16, 32} {
		seconds, err := c.fixed(size)
		if err != nil {
			return 0, err
		}
		if best == 0 || seconds < best {
			best = seconds
		}
	}
	return best, nil
}

// fixed returns the seconds a picture in batches of one size.
func (c *closedLoop) fixed(size int) (float64, error) {
	images := make([]vision.Image, size)
	readers := make([]vision.Reader, runtime.GOMAXPROCS(0))
	for i := range readers {
		readers[i].Tfms = vision.Item(vision.Resize(c.e.size))
	}
	tfms := vision.Batch(vision.Normalize(vision.ImageNetStats()))
	rng := rand.New(rand.NewPCG(0, 0))
	batch := func(first int) error {
		var next atomic.Int64
		var all sync.WaitGroup
		errs := make([]error, len(readers))
		for k := range readers {
			all.Go(func() {
				for i := int(next.Add(1)) - 1; i < size && errs[k] == nil; i = int(next.Add(1)) - 1 {
					errs[k] = readers[k].ReadBytes(c.files[(first+i)%len(c.files)], nil, vision.Valid, &images[i])
				}
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		s := torch.NewScope()
		defer s.Close()
		return torch.Try(func() {
			torch.NoGrad(func() {
				pixels := s.With(torch.Uint8).Empty(int64(size), int64(c.e.size), int64(c.e.size), 3)
				pixels.WithBytes(func(memory []byte) {
					for i := range images {
						copy(memory[i*len(images[i].Pix):], images[i].Pix)
					}
				})
				y, err := c.plan.Run(tfms.Apply(pixels.Permute(0, 3, 1, 2), rng, vision.Valid))
				if err != nil {
					panic(&torch.Error{Op: "plan", Msg: err.Error()})
				}
				torch.ToSlice[float32](y[0].Softmax(-1))
			})
		})
	}
	if err := batch(0); err != nil {
		return 0, err
	}
	n, start := max(requests/6/size, 1)*size, time.Now()
	for first := 0; first < n; first += size {
		if err := batch(first); err != nil {
			return 0, err
		}
	}
	return time.Since(start).Seconds() / float64(n), nil
}

// quantile returns the value that a part q of xs is within.
func quantile(xs []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
