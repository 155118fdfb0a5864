package plot_test

import (
	"context"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Figures of a training and of what it came to; a figure is saved as PNG or SVG, as its name ends.
func Example() {
	ctx := context.Background()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.ValidPct(0.2), fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(fastlearn.Accuracy))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	save := func(path string) func(fig *plot.Figure, err error) {
		return func(fig *plot.Figure, err error) {
			if err == nil {
				err = fig.Save(path)
			}
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	save("balance.svg")(plot.ClassBalance(dls))
	if err := learn.FineTune(ctx, 3); err != nil {
		log.Fatal(err)
	}
	save("loss.svg")(plot.Loss(learn.Recorder))
	save("metrics.svg")(plot.Metrics(learn.Recorder))
	save("schedules.svg")(plot.Schedules(learn.Recorder))
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	save("confusion.svg")(plot.ConfusionMatrix(interp))
	save("top_losses.png")(plot.TopLosses(interp, 9))
	save("results.png")(plot.Results(interp, 9))
}
