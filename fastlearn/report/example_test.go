package report_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A training on drawn flowers and the page about it, which opens from disk.
func ExampleWrite() {
	ctx := context.Background()
	defer drawn.Enter(8)()
	dls, err := data.FromFolder("flowers", data.BatchSize(16), data.ItemTfms(vision.Resize(48)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(),
		fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(report.History()))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(ctx, 1); err != nil {
		log.Fatal(err)
	}
	path := "report.html"
	err = report.Write(learn, path, report.Title("Drawn flowers"), report.TopLosses(12))
	if err != nil {
		log.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	for _, part := range []string{"Training", "Confusion matrix", "Top losses", "Class balance", "Versions"} {
		fmt.Println(part, strings.Contains(string(page), part))
	}
	// Output:
	// Training true
	// Confusion matrix true
	// Top losses true
	// Class balance true
	// Versions true
}

// Two runs side by side, and a card for the one that is kept.
func ExampleCompare() {
	ctx := context.Background()
	defer drawn.Enter(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(16), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(), fastlearn.Metrics(metric.Accuracy()), fastlearn.Callbacks(report.History()))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	for _, path := range []string{"short.html", "longer.html"} {
		if err := learn.FitOneCycle(ctx, 1, fastlearn.LR(1e-3)); err != nil {
			log.Fatal(err)
		}
		if err := report.Write(learn, path); err != nil {
			log.Fatal(err)
		}
	}
	err = report.Compare("short.html", "longer.html", "compare.html")
	if err != nil {
		log.Fatal(err)
	}
	err = report.Card(learn, "README.md", report.Title("Drawn flowers"))
	if err != nil {
		log.Fatal(err)
	}
	card, err := os.ReadFile("README.md")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(string(card), "pipeline_tag: image-classification"))
	// Output:
	// true
}
