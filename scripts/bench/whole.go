package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
)

// exported is a model of random weights that is only resized for and normalised, its exported file and photographs.
type exported struct {
	recipe
	dls   *data.Loaders
	learn *fastlearn.Learner
	file  string
	paths []string
	dir   string
}

func export(r recipe) (e *exported, err error) {
	e = &exported{recipe: r}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if err := e.findPictures(); err != nil {
		return nil, err
	}
	if e.dir, err = os.MkdirTemp("", "bench-*"); err != nil {
		return nil, err
	}
	block := data.Block[string]{GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.1, 42),
		ItemTfms: vision.Item(vision.Resize(r.size)), BatchTfms: vision.Batch(vision.Normalize(vision.ImageNetStats()))}
	if e.dls, err = block.DataLoaders(e.paths, data.BatchSize(r.bs)); err != nil {
		return nil, err
	}
	if e.learn, err = fastlearn.VisionLearner(e.dls, r.arch, fastlearn.FromScratch(), fastlearn.NoLogging(), fastlearn.Path(e.dir)); err != nil {
		return nil, err
	}
	e.file, err = e.learn.Export("model")
	return e, err
}

func (e *exported) findPictures() (err error) {
	if err := makePictures(); err != nil {
		return err
	}
	e.paths, err = vision.GetImageFiles(filepath.Join(picturesDir, "500px"))
	return err
}

func (e *exported) close() {
	if e.learn != nil {
		e.learn.Close()
	}
	if e.dls != nil {
		e.dls.Close()
	}
	os.RemoveAll(e.dir)
}

// weights are the bytes of the model's parameters and buffers.
func (e *exported) weights() (n int64) {
	for _, w := range nn.StateDict(e.learn.Model) {
		n += w.Tensor.Numel() * int64(w.Tensor.DType().Size())
	}
	return n
}

// decode reads a photograph as the model wants it.
func (e *exported) decode(r *vision.Reader, into *vision.Image, i int) error {
	r.Tfms = vision.Item(vision.Resize(e.size))
	return r.Read(e.paths[i%len(e.paths)], nil, vision.Valid, into)
}

// plan makes what the predictor runs.
func (e *exported) plan(s *torch.Scope) (*plan.Plan, error) {
	nn.Eval(e.learn.Model)
	x := s.Randn(1, 3, int64(e.size), int64(e.size))
	g, err := nn.Trace(e.learn.Model, x)
	if err != nil {
		return nil, err
	}
	weights := nn.StateMap(e.learn.Model)
	return plan.New(g, weights, plan.Float32, x)
}

// pass runs f on a picture that is there already, as float32.
func (e *exported) pass(f func(x *torch.Tensor) error) (err error) {
	s := torch.NewScope()
	defer s.Close()
	failed := torch.Try(func() {
		torch.NoGrad(func() { err = f(s.Ones(1, 3, int64(e.size), int64(e.size))) })
	})
	if failed != nil {
		return failed
	}
	return err
}

// The figures of whole predictions compare one picture, from its file to its classes, with its decoding, its forward pass and a millisecond.
const (
	byLearner   = "Learner"
	byPredictor = "Predictor"
)

func wholeFigures() (all []figure) {
	for _, r := range []recipe{small, article} {
		for _, by := range []string{byLearner, byPredictor} {
			w := &wholePrediction{recipe: r, by: by}
			all = append(all, figure{group: "predict", name: "whole, " + r.name + ", " + by + ", beside decode + forward + 1 ms", target: 1, open: w.open, theirs: w.theirs})
		}
	}
	return all
}

type wholePrediction struct {
	recipe
	by    string
	parts func() error // decodes, and runs the forward pass
}

const wholeTimes = 31

func (w *wholePrediction) open() (measure func() (float64, error), done func(), err error) {
	e, err := export(w.recipe)
	if err != nil {
		return nil, nil, err
	}
	p, err := predictor.Load(e.file)
	if err != nil {
		e.close()
		return nil, nil, err
	}
	s := torch.NewScope()
	made, err := e.plan(s)
	runtime.LockOSThread() // libtorch's threads belong to threads
	done = func() { runtime.UnlockOSThread(); made.Close(); s.Close(); p.Close(); e.close() }
	if err != nil {
		done()
		return nil, nil, err
	}
	predict := e.learn.Predict
	forward := func(x *torch.Tensor) error {
		nn.Packed(e.learn.Model, func() { e.learn.Model.Forward(x) })
		return nil
	}
	if w.by == byPredictor {
		predict = p.Predict
		forward = func(x *torch.Tensor) error { _, err := made.Run(x); return err }
	}
	var reader vision.Reader
	var picture vision.Image
	w.parts = func() error {
		if err := e.decode(&reader, &picture, 0); err != nil {
			return err
		}
		return e.pass(forward)
	}
	return func() (float64, error) {
		return medianOf(wholeTimes, func() error { _, err := predict(context.Background(), e.paths[0]); return err })
	}, done, nil
}

func (w *wholePrediction) theirs() (float64, error) {
	v, err := medianOf(wholeTimes, w.parts)
	return v + 1e-3, err
}

// medianOf returns the median of the seconds that f takes n times.
func medianOf(n int, f func() error) (float64, error) {
	var all []float64
	for range n {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(start).Seconds())
	}
	return median(all), nil
}
