package metric_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A custom metric: the largest error of a whole validation.
func ExampleAccum() {
	worst := metric.Accum("worst", func(pred, target *torch.Tensor) float64 {
		return pred.View(-1).Sub(target).Abs().Max().Item()
	})
	learn, done := line(fastlearn.Metrics(worst, metric.R2Score()))
	defer done()
	if err := learn.Fit(context.Background(), 40, fastlearn.LR(0.1)); err != nil {
		log.Fatal(err)
	}
	last := learn.Recorder.Values[39]
	fmt.Println(learn.Recorder.MetricNames[3:5], last[2] < 0.1, last[3] > 0.99)
	// Output: [worst r2_score] true true
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
