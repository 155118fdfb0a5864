package main

import (
	"context"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// trainHere is fastai_run.py in Go: the same data, recipe and weights.
func trainHere(ctx context.Context, side, data, weights, recipe string, seed int) (*Run, error) {
	torch.ManualSeed(uint64(seed))
	files, err := vision.GetImageFiles(data)
	if err != nil {
		return nil, err
	}
	sampling := vision.SamplingFastai
	if side == "SamplingOnce" {
		sampling = vision.SamplingOnce
	}
	block := fastlearn.DataBlock[string]{
		GetY:      fastlearn.ParentLabel,
		Splitter:  fastlearn.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(128)),
		BatchTfms: vision.AugTransforms(vision.Size(112), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats())).Sampled(sampling),
	}
	dls, err := block.DataLoaders(files, fastlearn.BatchSize(64))
	if err != nil {
		return nil, err
	}
	defer dls.Close()
	run := &Run{Side: side, Recipe: recipe, Seed: seed}
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(weights),
		fastlearn.Metrics(fastlearn.Accuracy), fastlearn.Logger(nil))
	if err != nil {
		return nil, err
	}
	defer learn.Close()
	start := time.Now()
	if recipe == "finetune" {
		if err := learn.FineTune(ctx, 3, fastlearn.BaseLR(3e-3)); err != nil {
			return nil, err
		}
		run.Epochs = append(run.Epochs, learn.Recorder.Values...)
		err = learn.FitOneCycle(ctx, 3, fastlearn.Slice(1e-5, 1e-4))
	} else {
		if err := learn.Unfreeze(); err != nil {
			return nil, err
		}
		err = learn.FitOneCycle(ctx, 5, fastlearn.LR(3e-3))
	}
	if err != nil {
		return nil, err
	}
	run.Epochs = append(run.Epochs, learn.Recorder.Values...)
	run.Accuracy = run.Epochs[len(run.Epochs)-1][2]
	run.Seconds = time.Since(start).Seconds()
	return run, nil
}
