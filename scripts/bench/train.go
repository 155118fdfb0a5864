package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// openTraining measures a fit from files to updated weights, its validation included:
// seconds a picture. Settings are made on the learner by prepare.
func openTraining(prepare func(*fastlearn.Learner)) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		files, err := vision.GetImageFiles(filepath.Join(picturesDir, "500px"))
		if err != nil {
			return nil, nil, err
		}
		block := fastlearn.DataBlock[string]{
			GetY:      fastlearn.ParentLabel,
			Splitter:  fastlearn.RandomSplitter(0.1, 42),
			ItemTfms:  vision.Item(vision.Resize(160)),
			BatchTfms: vision.AugTransforms(vision.Size(128), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats())),
		}
		all, every := files, max(len(files)/trainPictures, 1)
		for files = nil; len(files)*every < len(all); {
			files = append(files, all[len(files)*every])
		}
		dls, err := block.DataLoaders(files, fastlearn.BatchSize(64))
		if err != nil {
			return nil, nil, err
		}
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.Logger(nil))
		if err != nil {
			return nil, nil, err
		}
		prepare(learn)
		measure := func() (float64, error) {
			start := time.Now()
			err := learn.Fit(context.Background(), 1, fastlearn.LR(1e-4))
			return time.Since(start).Seconds() / float64(len(files)), err
		}
		return measure, func() { learn.Close(); dls.Close() }, nil
	}
}

// trainPictures is about how many pictures a measured epoch has, on both sides.
const trainPictures = 430
