package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/vision"
)

// recipe is a training on photographs; scripts/bench/training.py has the same ones by the same names.
type recipe struct {
	name          string
	arch          vision.Arch
	size, presize int
	bs            int
	pictures      int // about as many in an epoch, validation included
}

var (
	small   = recipe{"resnet18 at 128", vision.ResNet18, 128, 160, 64, 430}
	article = recipe{"resnet34 at 224", vision.ResNet34, 224, 256, 32, 144}

	recipes = map[string]recipe{small.name: small, article.name: article}
)

func channelsLast(l *fastlearn.Learner) { l.ToChannelsLast() }
func bfloat16(l *fastlearn.Learner)     { l.ToChannelsLast().ToBF16() }

// learner prepares the training, all groups unfrozen; prepare makes settings. The caller
// closes both.
func (r recipe) learner(prepare func(*fastlearn.Learner), opts ...fastlearn.LearnerOption) (*fastlearn.Learner, *data.Loaders, error) {
	files, err := vision.GetImageFiles(filepath.Join(picturesDir, "500px"))
	if err != nil {
		return nil, nil, err
	}
	block := data.Block[string]{
		GetY:      data.ParentLabel,
		Splitter:  data.RandomSplitter(0.1, 42),
		ItemTfms:  vision.Item(vision.Resize(r.presize)),
		BatchTfms: vision.AugTransforms(vision.Size(r.size), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats())),
	}
	all, every := files, max(len(files)/r.pictures, 1)
	for files = nil; len(files)*every < len(all); {
		files = append(files, all[len(files)*every])
	}
	dls, err := block.DataLoaders(files, data.BatchSize(r.bs))
	if err != nil {
		return nil, nil, err
	}
	learn, err := fastlearn.VisionLearner(dls, r.arch, append(opts, fastlearn.FromScratch(), fastlearn.NoLogging())...)
	if err != nil {
		return nil, nil, err
	}
	prepare(learn)
	return learn, dls, nil
}

// pictures are those of an epoch, the last batch, which training leaves out, among them.
func pictures(dls *data.Loaders) float64 {
	return float64(dls.Train.(*data.ItemLoader).NumItems() + dls.Valid.(*data.ItemLoader).NumItems())
}

// openTraining measures a fit from files to updated weights, its validation included:
// seconds a picture.
func openTraining(r recipe, prepare func(*fastlearn.Learner)) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		learn, dls, err := r.learner(prepare)
		if err != nil {
			return nil, nil, err
		}
		measure := func() (float64, error) {
			start := time.Now()
			err := learn.Fit(context.Background(), 1, fastlearn.LR(1e-4))
			return time.Since(start).Seconds() / pictures(dls), err
		}
		return measure, func() { learn.Close(); dls.Close() }, nil
	}
}

// openPredict measures the prediction of one picture from its file.
func openPredict(r recipe) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		learn, dls, err := r.learner(func(*fastlearn.Learner) {})
		if err != nil {
			return nil, nil, err
		}
		file := dls.Valid.(*data.ItemLoader).Files()[0]
		const n = 10
		measure := func() (float64, error) {
			start := time.Now()
			for range n {
				if _, err := learn.Predict(context.Background(), file); err != nil {
					return 0, err
				}
			}
			return time.Since(start).Seconds() / n, nil
		}
		return measure, func() { learn.Close(); dls.Close() }, nil
	}
}
