package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// predict shows what the model that train saved confuses, exports it, and predicts a picture with nothing but that file.
func (f *flow) predict(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.arch)
	if err != nil {
		return err
	}
	defer done()
	if err := learn.Load(model); err != nil {
		return err
	}
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Printf("accuracy %.4f\n\n", interp.Accuracy())
	for _, c := range interp.MostConfused(2) {
		fmt.Printf("%s taken for %s: %d times\n", c.Actual, c.Predicted, c.N)
	}
	fig, err := plot.ConfusionMatrix(interp)
	if err := f.saved("confusion.png", fig, err); err != nil {
		return err
	}
	fig, err = plot.TopLosses(interp, 9)
	if err := f.saved("top_losses.png", fig, err); err != nil {
		return err
	}
	path, err := learn.Export(model)
	if err != nil {
		return err
	}
	fmt.Println("exported:", path)
	p, err := predictor.Load(path)
	if err != nil {
		return err
	}
	defer p.Close()
	file := interp.Files[0]
	said, err := p.Predict(ctx, file)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %s, %.1f %% sure\n", filepath.Base(file), said.Label, 100*said.Probs[said.Index])
	return nil
}
