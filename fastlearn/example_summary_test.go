package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
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
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false))
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

// A model of one's own, and an input that it takes.
func ExampleSummarizeModel() {
	s := torch.NewScope()
	defer s.Close()
	m := nn.NewSequential(nn.NewConv2d(1, 8, 3), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 2, true))
	defer nn.Close(m)
	summary, err := fastlearn.SummarizeModel(m, s.Zeros([]int64{1, 1, 28, 28}))
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range summary.Layers {
		fmt.Println(l.Name, l.Type, l.Output, l.Params, l.MACs)
	}
	fmt.Print(summary.Sums())
	// Output:
	// 0 Conv2d [1 8 26 26] 80 48672
	// 1 ReLU [1 8 26 26] 0 0
	// 2 AdaptiveAvgPool2d [1 8 1 1] 0 0
	// 3 Flatten [1 8] 0 0
	// 4 Linear [1 2] 18 16
	// parameters        98
	//   trainable       98
	//   frozen          0
	// multiply-adds     48,688 for an item
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
