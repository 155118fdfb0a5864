package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// gpu are the settings of the groups gpu (against a hand-tuned PyTorch loop) and
// gpu-fastai, for both sides.
var gpu gpuSettings

type gpuSettings struct {
	device, dir, script, workers string
	size, bs, epoch              int
}

func isGPU(group string) bool { return group == "gpu" || group == "gpu-fastai" }

func (g *gpuSettings) flags() {
	flag.StringVar(&g.device, "device", "cuda:0", "groups gpu, gpu-fastai: the device; cpu shows that they run")
	flag.StringVar(&g.dir, "pictures", "build/bench/noise", "groups gpu, gpu-fastai: where their pictures are made")
	flag.StringVar(&g.script, "side", "scripts/gpu/gpu.py", "groups gpu, gpu-fastai: the Python side")
	flag.StringVar(&g.workers, "workers", "4,8,16", "group gpu: numbers of PyTorch's loader workers to take the best of")
	flag.IntVar(&g.size, "size", 224, "groups gpu, gpu-fastai: the side of the pictures that the model sees")
	flag.IntVar(&g.bs, "bs", 64, "groups gpu, gpu-fastai: pictures in a batch")
	flag.IntVar(&g.epoch, "epoch", 4096, "groups gpu, gpu-fastai: pictures in an epoch, a tenth of them for validation")
}

// side is the Python program with its arguments.
func (g *gpuSettings) side() []string {
	return []string{g.script, g.device, g.dir, g.workers, strconv.Itoa(g.size), strconv.Itoa(g.bs), strconv.Itoa(g.epoch)}
}

// openGPU measures an epoch in mixed precision from files to updated weights, with its
// validation: seconds a picture.
func openGPU(arch vision.Arch) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		device, err := torch.ParseDevice(gpu.device)
		if err == nil {
			err = device.Check()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("-device: %w", err)
		}
		if err := makeNoise(gpu.dir); err != nil {
			return nil, nil, err
		}
		files, err := vision.GetImageFiles(gpu.dir)
		if err != nil {
			return nil, nil, err
		}
		items := make([]string, gpu.epoch)
		for i := range items {
			items[i] = files[i*41%len(files)] // each once before any comes again, all classes early
		}
		block := data.Block[string]{
			GetY:      data.ParentLabel,
			Splitter:  data.RandomSplitter(0.1, 42),
			ItemTfms:  vision.Item(vision.Resize(gpu.size * 5 / 4)),
			BatchTfms: vision.AugTransforms(vision.Size(gpu.size), vision.MinScale(0.75)).With(vision.Normalize(vision.ImageNetStats())),
		}
		dls, err := block.DataLoaders(items, data.BatchSize(gpu.bs), data.OnDevice(device))
		if err != nil {
			return nil, nil, err
		}
		learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.FromScratch(), fastlearn.Logger(nil))
		if err != nil {
			dls.Close()
			return nil, nil, err
		}
		if learn.ToChannelsLast(); device.IsCUDA() {
			learn.ToFP16()
		} else {
			learn.ToBF16()
		}
		measure := func() (float64, error) {
			start := time.Now()
			if err := learn.Fit(context.Background(), 1, fastlearn.LR(1e-4)); err != nil {
				return 0, err
			}
			err := torch.Synchronize()
			return time.Since(start).Seconds() / float64(len(items)), err
		}
		return measure, func() { learn.Close(); dls.Close() }, nil
	}
}
