package main

import (
	"context"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/vision"
)

// next is what the article names for those who want more.
func (f *flow) next(ctx context.Context) error {
	if err := f.tta(ctx); err != nil {
		return err
	}
	return f.growing(ctx)
}

// tta averages over augmented copies of each picture.
func (f *flow) tta(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.deepArch)
	if err != nil {
		return err
	}
	defer done()
	if err := learn.Load(deepModel); err != nil {
		return err
	}
	preds, err := learn.TTA(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Printf("with test-time augmentation: accuracy %.4f\n\n", preds.Accuracy())
	return nil
}

// growing trains on small pictures first and on larger ones then, with MixUp, smoothed labels,
// another head and stronger weight decay.
func (f *flow) growing(ctx context.Context) error {
	at := func(size int) (vision.ItemTransform, vision.BatchTransforms) {
		aug := vision.AugTransforms(vision.Size(size), vision.MinScale(0.75))
		return vision.Resize(size * 5 / 4), aug.With(vision.Normalize(vision.ImageNetStats()))
	}
	items, batch := at(f.size / 2)
	dls, err := f.loaders(f.block(vision.Item(items), batch))
	if err != nil {
		return err
	}
	defer dls.Close()
	learn, err := f.learner(dls, f.arch,
		fastlearn.LossFunc(loss.CrossEntropy{LabelSmoothing: 0.1}),
		fastlearn.Callbacks(callback.MixUp(0.4)),
		fastlearn.Head(vision.HeadOptions{LinFtrs: []int64{256}, Ps: []float64{0.3}}),
		fastlearn.WD(0.05),
	)
	if err != nil {
		return err
	}
	defer learn.Close()
	end := f.begin("mixup, small pictures", f.arch, 1+f.epochs.next, learn)
	if err := learn.FineTune(ctx, f.epochs.next, f.headFirst()...); err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}

	items, batch = at(f.size)
	larger, err := dls.NewDL(data.ItemTfms(items), data.BatchTfms(batch))
	if err != nil {
		return err
	}
	defer larger.Close()
	learn.DLs = larger
	end = f.begin("mixup, larger pictures", f.arch, f.epochs.next, learn)
	if err := learn.FitOneCycle(ctx, f.epochs.next, fastlearn.LR(1e-3)); err != nil {
		return err
	}
	return end()
}
