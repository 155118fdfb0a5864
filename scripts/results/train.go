package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// inOrder loads weights whose keys are another library's.
var inOrder = nn.LoadOptions{InOrder: true, Ignore: []string{"_fc."}}

// trainHere is fastai_run.py in Go: the same data, recipe and weights.
func trainHere(ctx context.Context, side string, from start, recipe *Recipe, seed int) (*Run, error) {
	torch.ManualSeed(uint64(seed))
	size := recipe.Stages[0].Size
	dls, err := loaders(from.data, side, recipe, size)
	if err != nil {
		return nil, err
	}
	defer func() { dls.Close() }()
	var how []nn.LoadOptions
	if recipe.Arch != resnet18 {
		how = append(how, inOrder)
	}
	options := []fastlearn.LearnerOption{fastlearn.Weights(from.weights, how...), fastlearn.Metrics(metric.Accuracy()), fastlearn.Logger(nil)}
	if recipe.Smoothing > 0 {
		options = append(options, fastlearn.LossFunc(loss.CrossEntropy{LabelSmoothing: recipe.Smoothing}))
	}
	if recipe.MixUp > 0 {
		options = append(options, fastlearn.Callbacks(callback.MixUp(recipe.MixUp)))
	}
	arch, err := models.Get(strings.Replace(recipe.Arch, resnet18, "torchvision/resnet18", 1))
	if err != nil {
		return nil, err
	}
	learn, err := fastlearn.VisionLearner(dls, arch, options...)
	if err != nil {
		return nil, err
	}
	defer learn.Close()
	if from.head != "" {
		if err := writeHead(from.head, learn.Model); err != nil {
			return nil, err
		}
	}
	if side == bf16 {
		learn.ToChannelsLast().ToBF16()
	}
	run := &Run{Side: side, Recipe: recipe.Name, Seed: seed}
	start := time.Now()
	stages := func() error {
		for _, stage := range recipe.Stages {
			if stage.Size != size {
				larger, err := loaders(from.data, side, recipe, stage.Size)
				if err != nil {
					return err
				}
				dls.Close()
				size, dls, learn.DLs = stage.Size, larger, larger
			}
			if err := fit(ctx, learn, stage); err != nil {
				return err
			}
			run.Epochs = append(run.Epochs, learn.Recorder.Values...)
		}
		return nil
	}
	if recipe.Files {
		learn.Path = filepath.Join("build", "results")
		if err := trained(learn, run, stages); err != nil {
			return nil, err
		}
		return precise(ctx, side, learn, run)
	}
	if err := stages(); err != nil {
		return nil, err
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

// writeHead writes the head before its first step.
func writeHead(file string, model nn.Module) error {
	head, err := nn.ToPTH(nn.Children(model)[1].Module)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return pth.WriteFile(file, head)
}

func loaders(dir, side string, recipe *Recipe, size int) (*data.Loaders, error) {
	sampling := vision.SamplingFastai
	if side == once {
		sampling = vision.SamplingOnce
	}
	batch := vision.AugTransforms(vision.Size(size), vision.MinScale(0.75))
	if recipe.Arch == resnet18 { // the learner normalises as timm's weights say
		batch = batch.With(vision.Normalize(vision.ImageNetStats()))
	}
	splitter, items := data.RandomSplitter(0.2, 42), vision.Item(vision.Resize(recipe.Resize))
	if recipe.Set == flowers102 {
		rows, err := data.ReadCSV(filepath.Join(dir, "df.csv"))
		if err != nil {
			return nil, err
		}
		return data.Block[data.Row]{
			GetX: data.ColReader("name", data.Prefix(dir)), GetY: data.ColReader("class"),
			Splitter: splitter, ItemTfms: items, BatchTfms: batch.Sampled(sampling),
		}.DataLoaders(rows, data.BatchSize(64))
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		return nil, err
	}
	return data.Block[string]{
		GetY:     data.ParentLabel,
		Splitter: splitter, ItemTfms: items, BatchTfms: batch.Sampled(sampling),
	}.DataLoaders(files, data.BatchSize(64))
}

func fit(ctx context.Context, learn *fastlearn.Learner, stage Stage) error {
	if stage.Unfreeze {
		if err := learn.Unfreeze(); err != nil {
			return err
		}
	}
	rates := stage.LR
	if rates == nil {
		found, err := learn.LRFind(ctx)
		if err != nil {
			return err
		}
		rates = []float64{found.Valley}
	}
	switch {
	case stage.Fit == "fine_tune":
		return learn.FineTune(ctx, stage.Epochs, fastlearn.BaseLR(rates[0]))
	case stage.Fit == "fit_one_cycle" && len(rates) == 2:
		return learn.FitOneCycle(ctx, stage.Epochs, fastlearn.Slice(rates[0], rates[1]))
	case stage.Fit == "fit_one_cycle":
		return learn.FitOneCycle(ctx, stage.Epochs, fastlearn.LR(rates[0]))
	}
	return fmt.Errorf("unknown fit %q", stage.Fit)
}
