package plot_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Figures of a training and of what it came to; a figure is saved as PNG or SVG, as its name ends.
func Example() {
	ctx := context.Background()
	defer drawn.Enter(8)()
	dls, err := data.FromFolder("flowers", data.BatchSize(16), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(),
		fastlearn.Metrics(metric.Accuracy()))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	save := func(name string) func(fig *plot.Figure, err error) {
		return func(fig *plot.Figure, err error) {
			if err == nil {
				err = fig.Save(name)
			}
			fmt.Println(name, err)
		}
	}
	save("balance.svg")(plot.ClassBalance(dls))
	if err := learn.FineTune(ctx, 1); err != nil {
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
	// Output:
	// balance.svg <nil>
	// loss.svg <nil>
	// metrics.svg <nil>
	// schedules.svg <nil>
	// confusion.svg <nil>
	// top_losses.png <nil>
	// results.png <nil>
}

// What layers' outputs were like while it trained, and where in a picture the model looks.
func ExampleGradCAM() {
	ctx := context.Background()
	defer drawn.Enter(8)()
	dls, err := data.FromFolder("flowers", data.BatchSize(16), data.ItemTfms(vision.Resize(64)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	stats := callback.ActivationStats(callback.WithHist())
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(), fastlearn.Callbacks(stats))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	save := func(name string) func(fig *plot.Figure, err error) {
		return func(fig *plot.Figure, err error) {
			if err == nil {
				err = fig.Save(name)
			}
			fmt.Println(name, err)
		}
	}
	if err := learn.FitOneCycle(ctx, 1, fastlearn.LR(3e-3)); err != nil {
		log.Fatal(err)
	}
	first, _ := stats.Layer("0.0")
	fmt.Println(first.Name, len(first.Mean), "batches, near zero:", first.NearZero[0] > 0.4)
	save("color_dim.png")(plot.ColorDim(first))
	save("layer_stats.png")(plot.LayerStats(first))
	save("gradcam.png")(plot.GradCAM(ctx, learn, dls.Valid, plot.CAM{Most: 4}))
	save("gradcam_rose.png")(plot.GradCAM(ctx, learn, dls.Valid, plot.CAM{Class: "rose"}))
	// Output:
	// 0.0 5 batches, near zero: true
	// color_dim.png <nil>
	// layer_stats.png <nil>
	// gradcam.png <nil>
	// gradcam_rose.png <nil>
}

// Pictures with several labels, or with numbers, are shown too.
func ExampleResults_severalLabels() {
	ctx := context.Background()
	defer drawn.Enter(4)()
	dls, err := data.FromCSV("flowers/train", data.LabelDelim(" "), data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	fig, err := plot.Results(interp, 4)
	if err == nil {
		err = fig.Save("results.png")
	}
	fmt.Println(err)
	// Output: <nil>
}
