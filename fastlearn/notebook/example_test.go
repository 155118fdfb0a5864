package notebook_test

import (
	"context"
	"log"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/notebook"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A cell that trains, and shows what becomes of it.
func Example() {
	ctx := context.Background()
	defer drawn.Enter(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Metrics(metric.Accuracy()),
		fastlearn.Callbacks(notebook.Progress(), notebook.ShowGraph()))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = notebook.Show(found)
	if err != nil {
		log.Fatal(err)
	}
	if err := learn.FineTune(ctx, 1, fastlearn.BaseLR(found.Valley)); err != nil {
		log.Fatal(err)
	}
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = notebook.Show(interp) // the confusion matrix, and what is most confused
	if err != nil {
		log.Fatal(err)
	}
}

func TestExample(t *testing.T) {
	if os.Getenv("FASTLEARN_CELL") == "" {
		t.Skip("TestExampleInACell runs this as the program of a cell")
	}
	Example()
}
