package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/tensorboard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
)

// stopBelow ends a fit as soon as the smoothed loss is small enough.
type stopBelow struct{ loss float64 }

func (stopBelow) Order() int { return 55 } // after the recorder
func (stopBelow) TrainOnly() {}            // not for validation's batches

func (s stopBelow) AfterBatch(l *fastlearn.Learner) error {
	if l.Recorder.SmoothLoss() < s.loss {
		return fastlearn.ErrCancelFit
	}
	return nil
}

// A custom callback is a type with the events that it wants.
func ExampleCallback() {
	scope := torch.NewScope()
	defer scope.Close()
	x := torch.FromSlice(scope, []float32{0, 1, 2, 3}, 4, 1)
	y := torch.FromSlice(scope, []float32{1, 3, 5, 7}, 4, 1)
	loader := &data.TensorLoader{X: x, Y: y, BatchSize: 4}
	model := nn.NewLinear(1, 1)
	torch.NoGrad(func() { model.Weight.Zero_(); model.Bias.Zero_() })
	learn, err := fastlearn.NewLearner(data.NewLoaders(loader, loader, torch.CPU), model,
		fastlearn.LossFunc(loss.MSE{}), fastlearn.OptFunc(optim.SGD{}), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	err = learn.Fit(context.Background(), 1000, fastlearn.LR(0.1), fastlearn.Callbacks(stopBelow{0.5}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(learn.TrainIter, "batches")
	// Output: 32 batches
}

// The best model is kept, and a training that no longer learns ends.
func ExampleSaveModel() {
	defer flowers(4)()
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
	epochs := 2 // more where something is to be learnt
	err = learn.FitOneCycle(context.Background(), epochs, fastlearn.LR(1e-3), fastlearn.Callbacks(
		callback.SaveModel(callback.Monitor("accuracy"), callback.FName("best")),
		callback.EarlyStopping(callback.Patience(3)),
		callback.CutMix(1),
		callback.EMA(0.999),
		callback.CSVLogger("history.csv"),
		tensorboard.Log("runs/flowers"),
	))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range []string{"models/best.pth", "history.csv", "runs/flowers"} {
		_, err := os.Stat(file)
		fmt.Println(file, err)
	}
	// Output:
	// models/best.pth <nil>
	// history.csv <nil>
	// runs/flowers <nil>
}

// A training that Ctrl-C, a crash or a reboot ends goes on when the same program is started again.
func ExampleResume() {
	defer flowers(4)()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
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
	epochs := 1
	err = learn.FineTune(ctx, epochs, fastlearn.Callbacks(fastlearn.Checkpoint("run", 100)), fastlearn.Resume("run"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = os.Stat("models/run.pth")
	fmt.Println(err)
	// Output: <nil>
}
