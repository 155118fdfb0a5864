package fastlearn_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Another optimizer, with hyperparameters of its own.
func ExampleOptFunc() {
	rule, err := optim.With(optim.Ranger(), optim.Hypers{"eps": 1e-5})
	if err != nil {
		log.Fatal(err)
	}
	learn, done := line(fastlearn.OptFunc(rule), fastlearn.WD(0))
	defer done()
	if err := learn.FitFlatCos(context.Background(), 40, fastlearn.LR(0.2)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(learn.Recorder.Values[39][1] < 0.01)
	// Output: true
}

// line is a learner of the numbers 2x + 1.
func line(opts ...fastlearn.LearnerOption) (learn *fastlearn.Learner, done func()) {
	torch.ManualSeed(1)
	s := torch.NewScope()
	x := s.Randn(64, 1)
	y := x.MulScalar(2).AddScalar(1).View(-1)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 16}, &data.TensorLoader{X: x, Y: y, BatchSize: 64}, torch.CPU)
	opts = append(opts, fastlearn.LossFunc(loss.MSE{}), fastlearn.Logger(nil))
	learn, err := fastlearn.NewLearner(dls, nn.NewLinear(1, 1), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return learn, func() {
		learn.Close()
		s.Close()
	}
}
