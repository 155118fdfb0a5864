package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Pictures become a model that names them. Here all is small, for it runs with the tests:
// take pictures of 224 pixels, ResNet34 and its published weights, which need no option.
func Example() {
	defer flowers(4)()
	ctx := context.Background()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Metrics(metric.Accuracy()),
		fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(ctx, 1); err != nil {
		log.Fatal(err)
	}
	path, err := learn.Save("flowers")
	if err != nil {
		log.Fatal(err)
	}
	p, err := learn.Predict(ctx, "flowers/valid/rose/rose_000.jpg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path, len(p.Probs), p.Label == dls.Vocab[p.Index])
	// Output: models/flowers.pth 10 true
}

// Mixed precision on whatever trains; the weights stay in float32.
func ExampleLearner_ToBF16() {
	defer flowers(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	learn.ToChannelsLast().ToBF16()
	if err := learn.FineTune(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.StateDict(learn.Model)[0].DType())
	// Output: float32
}

// A rate is found, the model is tuned, and what it confuses is listed.
func ExampleLearner_LRFind() {
	defer flowers(4)()
	ctx := context.Background()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Metrics(metric.Accuracy()),
		fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx, fastlearn.NumIt(20))
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
	wrong := 0
	for _, c := range interp.MostConfused(1) { // c.Actual was taken for c.Predicted
		wrong += c.N
	}
	right := 0
	for class, row := range interp.ConfusionMatrix() {
		right += row[class]
	}
	fmt.Println(right+wrong, "pictures")
	// Output: 40 pictures
}

// What a learner knows goes into a file, from which another program predicts.
func ExampleLearner_Export() {
	defer flowers(4)()
	ctx, picture := context.Background(), "flowers/valid/rose/rose_000.jpg"
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	path, err := learn.Export("flowers")
	if err != nil {
		log.Fatal(err)
	}
	p, err := predictor.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	said, err := p.Predict(ctx, picture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(said.Label, said.Probs)
}

// What it prints differs from machine to machine, so that go test by itself only compiles it.
func TestExampleLearner_Export(*testing.T) {
	ExampleLearner_Export()
}

// A model from Python is trained on, and goes back.
func ExampleNewLearner_torchScript() {
	defer flowers(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	m, err := jit.Load("net.pt")
	if err != nil {
		log.Fatal(err)
	}
	learn, err := fastlearn.NewLearner(dls, m)
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	learn.Logger = nil // no table
	err = learn.FitOneCycle(context.Background(), 1, fastlearn.LR(1e-3))
	if err != nil {
		log.Fatal(err)
	}
	err = jit.Save(m, "trained.pt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.StateDict(learn.Model)[0].Name)
	// Output: 0.weight
}
