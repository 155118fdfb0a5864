// Article is fastai's article on Oxford Flowers-102 in one function: a folder of pictures, a
// folder for each class, becomes a model that names them.
//
//	go run ./examples/article DIR
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/vision"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: article DIR, a folder of pictures, a folder for each class")
	}
	if err := article(context.Background(), os.Args[1], 460, 224, 64); err != nil {
		log.Fatal(err)
	}
}

func article(ctx context.Context, dir string, presize, size, bs int) error {
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		return err
	}
	block := data.Block[string]{
		GetY:      data.ParentLabel,
		Splitter:  data.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(presize)),
		BatchTfms: vision.AugTransforms(vision.Size(size), vision.MinScale(0.75)),
	}
	dls, err := block.DataLoaders(files, data.BatchSize(bs))
	if err != nil {
		return err
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(metric.Accuracy()))
	if err != nil {
		return err
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx)
	if err != nil {
		return err
	}
	if err := learn.FineTune(ctx, 3, fastlearn.BaseLR(found.Valley)); err != nil {
		return err
	}
	if err := learn.FitOneCycle(ctx, 12, fastlearn.Slice(1e-6, 1e-4)); err != nil {
		return err
	}
	if _, err := learn.Save("flowers"); err != nil {
		return err
	}
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Println(interp.MostConfused(2))
	p, err := learn.Predict(ctx, files[0])
	if err != nil {
		return err
	}
	fmt.Println(files[0], p.Label, p.Probs[p.Index])
	return nil
}
