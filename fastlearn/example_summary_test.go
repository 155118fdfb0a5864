package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/vision"
)

// What a learner's model is made of, before it is trained.
func ExampleLearner_Summary() {
	ctx := context.Background()
	defer flowers(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	summary, err := learn.Summary(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary)                                                         // the table and the sums
	fmt.Println(summary.Params, summary.Trainable, summary.MACs, summary.Layers) // or the numbers
}

func TestExampleLearner_Summary(*testing.T) {
	ExampleLearner_Summary()
}

// The table goes where one wants it, such as to a log beside the program.
func ExampleTableLogger() {
	log := fastlearn.TableLogger(os.Stdout) // for fastlearn.Logger
	log([]string{"epoch", "train_loss", "valid_loss", "accuracy", "time"})
	log([]string{"0", "1.204512", "0.841190", "0.724000", "00:31"})
	log([]string{"Better model found at epoch 0 with accuracy value: 0.724."})
	// Output:
	// epoch     train_loss  valid_loss  accuracy  time
	// 0         1.204512    0.841190    0.724000  00:31
	// Better model found at epoch 0 with accuracy value: 0.724.
}
