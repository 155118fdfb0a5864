package progress_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A bar in a terminal, and in a log a line every five minutes.
func ExampleBar() {
	defer drawn.Enter(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Metrics(metric.Accuracy()),
		fastlearn.Callbacks(progress.Bar(os.Stderr, progress.Every(5*time.Minute))))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
}

func TestExampleBar(*testing.T) {
	ExampleBar()
}

// Pictures are counted while they are looked at.
func ExampleCount() {
	defer drawn.Enter(4)()
	files, err := vision.GetImageFiles("flowers")
	if err != nil {
		log.Fatal(err)
	}
	bad, err := vision.VerifyImages(context.Background(), files, progress.Count(os.Stderr, "checking"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(bad), "of", len(files), "can't be read")
	// Output: 0 of 80 can't be read
}
