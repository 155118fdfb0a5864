package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// trainHere is fastai_run.py in Go: the same data, recipe and weights.
func trainHere(ctx context.Context, side, data, weights string, recipe *Recipe, seed int) (*Run, error) {
	torch.ManualSeed(uint64(seed))
	files, err := vision.GetImageFiles(data)
	if err != nil {
		return nil, err
	}
	size := recipe.Stages[0].Size
	dls, err := loaders(files, side, recipe.Resize, size)
	if err != nil {
		return nil, err
	}
	defer func() { dls.Close() }()
	options := []fastlearn.LearnerOption{fastlearn.Weights(weights), fastlearn.Metrics(metric.Accuracy()), fastlearn.Logger(nil)}
	if recipe.MixUp > 0 {
		options = append(options, fastlearn.Callbacks(callback.MixUp(recipe.MixUp)))
	}
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, options...)
	if err != nil {
		return nil, err
	}
	defer learn.Close()
	if side == bf16 {
		learn.ToChannelsLast().ToBF16()
	}
	run := &Run{Side: side, Recipe: recipe.Name, Seed: seed}
	start := time.Now()
	for _, stage := range recipe.Stages {
		if stage.Size != size {
			larger, err := loaders(files, side, recipe.Resize, stage.Size)
			if err != nil {
				return nil, err
			}
			dls.Close()
			size, dls, learn.DLs = stage.Size, larger, larger
		}
		if err := fit(ctx, learn, stage); err != nil {
			return nil, err
		}
		run.Epochs = append(run.Epochs, learn.Recorder.Values...)
	}
	run.Accuracy = run.Epochs[len(run.Epochs)-1][2]
	if recipe.TTA {
		preds, err := learn.TTA(ctx, nil)
		if err != nil {
			return nil, err
		}
		run.TTA = preds.Accuracy()
	}
	run.Seconds = time.Since(start).Seconds()
	return run, nil
}

func loaders(files []string, side string, resize, size int) (*data.Loaders, error) {
	sampling := vision.SamplingFastai
	if side == once {
		sampling = vision.SamplingOnce
	}
	block := data.Block[string]{
		GetY:      data.ParentLabel,
		Splitter:  data.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(resize)),
		BatchTfms: vision.AugTransforms(vision.Size(size), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats())).Sampled(sampling),
	}
	return block.DataLoaders(files, data.BatchSize(64))
}

func fit(ctx context.Context, learn *fastlearn.Learner, stage Stage) error {
	if stage.Unfreeze {
		if err := learn.Unfreeze(); err != nil {
			return err
		}
	}
	switch {
	case stage.Fit == "fine_tune":
		return learn.FineTune(ctx, stage.Epochs, fastlearn.BaseLR(stage.LR[0]))
	case stage.Fit == "fit_one_cycle" && len(stage.LR) == 2:
		return learn.FitOneCycle(ctx, stage.Epochs, fastlearn.Slice(stage.LR[0], stage.LR[1]))
	case stage.Fit == "fit_one_cycle":
		return learn.FitOneCycle(ctx, stage.Epochs, fastlearn.LR(stage.LR[0]))
	}
	return fmt.Errorf("unknown fit %q", stage.Fit)
}
