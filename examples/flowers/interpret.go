package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
)

// interpret measures the deeper model and shows what it confuses.
func (f *flow) interpret(ctx context.Context) error {
	learn, done, err := f.presizedLearner(f.deepArch)
	if err != nil {
		return err
	}
	defer done()
	if err := learn.Load(deepModel); err != nil {
		return err
	}
	values, err := learn.Validate(ctx, nil)
	if err != nil {
		return err
	}
	preds, err := learn.GetPreds(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Printf("validation loss %.4f, accuracy %.4f; of the predictions %.4f\n\n", values[0], values[1], preds.Accuracy())

	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		return err
	}
	for _, file := range interp.Files[:min(5, len(interp.Files))] {
		p, err := learn.Predict(ctx, file)
		if err != nil {
			return err
		}
		fmt.Printf("%-32s %s, %.1f %% sure\n", filepath.Base(file), p.Label, 100*p.Probs[p.Index])
	}
	fmt.Println()
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
	fig, err = plot.Results(interp, 9)
	if err := f.saved("results.png", fig, err); err != nil {
		return err
	}
	report := filepath.Join(f.flags.out, "report.txt")
	fmt.Println("written:", report)
	return os.WriteFile(report, []byte(interp.Report().String()), 0o666)
}
