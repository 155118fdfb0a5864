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
