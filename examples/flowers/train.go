package main

import (
	"context"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

const (
	model     = "flowers"      // the smaller model's name
	deepModel = "flowers-deep" // the deeper one's
)

// baseline trains on pictures that are only resized.
func (f *flow) baseline(ctx context.Context) error {
	dls, err := f.loaders(f.block(vision.Item(vision.Resize(f.size)), vision.Batch()))
	if err != nil {
		return err
	}
	defer dls.Close()
	learn, err := f.learner(dls, f.arch)
	if err != nil {
		return err
	}
	defer learn.Close()
	end := f.begin("baseline", f.arch, 1+f.epochs.baseline, learn)
	if err := learn.FineTune(ctx, f.epochs.baseline, f.headFirst()...); err != nil {
		return err
	}
	return end()
}

// train presizes, finds a rate, tunes the head and then all of the model, and saves it.
func (f *flow) train(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.arch)
	if err != nil {
		return err
	}
	defer done()
	found, err := learn.LRFind(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("rates: valley %.2g, slide %.2g, minimum / 10 %.2g, steep %.2g\n", found.Valley, found.Slide, found.Minimum, found.Steep)
	fig, err := plot.LRFind(found)
	if err := f.saved("lr_find.png", fig, err); err != nil {
		return err
	}

	end := f.begin("fine-tuned", f.arch, 1+f.epochs.tune, learn)
	if err := learn.FineTune(ctx, f.epochs.tune, f.headFirst(fastlearn.BaseLR(found.Valley))...); err != nil {
		return orSave(learn, model, err)
	}
	if err := end(); err != nil {
		return err
	}
	end = f.begin("one cycle, unfrozen", f.arch, f.epochs.unfrozen, learn)
	if err := learn.Unfreeze(); err != nil {
		return err
	}
	if err := learn.FitOneCycle(ctx, f.epochs.unfrozen, f.unfrozenLR); err != nil {
		return orSave(learn, model, err)
	}
	if err := end(); err != nil {
		return err
	}
	fig, err = plot.Loss(learn.Recorder)
	if err := f.saved("loss.png", fig, err); err != nil {
		return err
	}
	fig, err = plot.Schedules(learn.Recorder)
	if err := f.saved("schedules.png", fig, err); err != nil {
		return err
	}
	path, err := learn.Save(model)
	fmt.Println("saved:", path)
	return err
}

// resume reads the model that train saved, in another process, and trains it on.
func (f *flow) resume(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.arch)
	if err != nil {
		return err
	}
	defer done()
	if err := learn.Load(model); err != nil {
		return err
	}
	end := f.begin("resumed", f.arch, f.epochs.resume, learn)
	if err := learn.Unfreeze(); err != nil {
		return err
	}
	if err := learn.FitOneCycle(ctx, f.epochs.resume, f.unfrozenLR); err != nil {
		return orSave(learn, model, err)
	}
	if err := end(); err != nil {
		return err
	}
	path, err := learn.Save(model)
	fmt.Println("saved:", path)
	return err
}

// deeper trains a deeper model in mixed precision, and saves it.
func (f *flow) deeper(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.deepArch)
	if err != nil {
		return err
	}
	defer done()
	if f.device.IsCUDA() {
		learn.ToFP16()
	} else {
		learn.ToBF16()
	}
	found, err := learn.LRFind(ctx)
	if err != nil {
		return err
	}
	end := f.begin("deeper", f.deepArch, f.epochs.deepFrozen+f.epochs.deep, learn)
	opts := f.headFirst(fastlearn.BaseLR(found.Valley), fastlearn.FreezeEpochs(f.epochs.deepFrozen))
	if err := learn.FineTune(ctx, f.epochs.deep, opts...); err != nil {
		return orSave(learn, deepModel, err)
	}
	if err := end(); err != nil {
		return err
	}
	end = f.begin("deeper, one cycle more", f.deepArch, f.epochs.deepMore, learn)
	if err := learn.Unfreeze(); err != nil {
		return err
	}
	if err := learn.FitOneCycle(ctx, f.epochs.deepMore, f.moreLR); err != nil {
		return orSave(learn, deepModel, err)
	}
	if err := end(); err != nil {
		return err
	}
	state := nn.StateDict(learn.Model)
	fmt.Printf("\n%d tensors, such as\n", len(state))
	for _, t := range append(state[:3:3], state[len(state)-2:]...) {
		fmt.Printf("  %-24s %v\n", t.Name, t.Tensor.Shape())
	}
	path, err := learn.Save(deepModel)
	fmt.Println("saved:", path)
	return err
}
