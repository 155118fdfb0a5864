package fastlearn_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// A metric of one's own: the largest error of a whole validation.
func ExampleAccumMetric() {
	worst := fastlearn.AccumMetric("worst", func(pred, target *torch.Tensor) float64 {
		return pred.View(-1).Sub(target).Abs().Max().Item()
	})
	learn, done := line(fastlearn.Metrics(worst, fastlearn.R2Score))
	defer done()
	if err := learn.Fit(context.Background(), 40, fastlearn.LR(0.1)); err != nil {
		log.Fatal(err)
	}
	last := learn.Recorder.Values[39]
	fmt.Println(learn.Recorder.MetricNames[3:5], last[2] < 0.1, last[3] > 0.99)
	// Output: [worst r2_score] true true
}

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
	x := s.Randn([]int64{64, 1})
	y := x.MulScalar(2).AddScalar(1).View(-1)
	dls := fastlearn.NewDataLoaders(&fastlearn.TensorLoader{X: x, Y: y, BatchSize: 16}, &fastlearn.TensorLoader{X: x, Y: y, BatchSize: 64}, torch.CPU)
	opts = append(opts, fastlearn.LossFunc(fastlearn.MSE{}), fastlearn.Logger(nil))
	learn, err := fastlearn.NewLearner(dls, nn.NewLinear(1, 1, true), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return learn, func() {
		learn.Close()
		s.Close()
	}
}
