package progress_test

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A bar in a terminal, and in a log a line every five minutes.
func ExampleBar() {
	dls, err := fastlearn.FromFolder("flowers", fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(fastlearn.Accuracy),
		fastlearn.Callbacks(progress.Bar(os.Stderr, progress.Every(5*time.Minute))))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(context.Background(), 3); err != nil {
		log.Fatal(err)
	}
}

// Pictures are counted while they are looked at.
func ExampleCount() {
	files, err := vision.GetImageFiles("flowers")
	if err != nil {
		log.Fatal(err)
	}
	bad, err := vision.VerifyImages(context.Background(), files, progress.Count(os.Stderr, "checking"))
	if err != nil {
		log.Fatal(err)
	}
	log.Print(bad)
}
