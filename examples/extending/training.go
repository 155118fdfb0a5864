package extending

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Weighted is a sampler: what data.SampleWeights is.
type Weighted []float64

// Sample draws each item in proportion to its weight, with replacement.
func (w Weighted) Sample(n int, rng *rand.Rand) []int {
	sums, sum := make([]float64, n), 0.0
	for i, v := range w {
		sum += v
		sums[i] = sum
	}
	order := make([]int, n)
	for i := range order {
		order[i], _ = slices.BinarySearch(sums, rng.Float64()*sum)
	}
	return order
}

// CrossEntropy is a loss: what loss.CrossEntropy is without options.
type CrossEntropy struct{}

// Loss takes logits N×C and classes N.
func (CrossEntropy) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	each := pred.LogSoftmax(1).Gather(1, target.View(-1, 1)).Neg().View(-1)
	switch r {
	case torch.ReductionMean:
		return each.Mean()
	case torch.ReductionSum:
		return each.Sum()
	}
	return each
}

// Activation is softmax.
func (CrossEntropy) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class.
func (CrossEntropy) Decode(activated *torch.Tensor) *torch.Tensor { return activated.ArgMax(-1) }

// Accuracy is a metric with a memory: what metric.Accuracy is.
type Accuracy struct{ right, all float64 }

// Name is its head in the table.
func (*Accuracy) Name() string { return "own_accuracy" }

// Reset begins a validation.
func (a *Accuracy) Reset() { *a = Accuracy{} }

// Accumulate takes in a batch.
func (a *Accuracy) Accumulate(b metric.Batch) error {
	return torch.Try(func() {
		a.right += b.Pred.ArgMax(-1).Eq(b.Target).To(torch.Float64).Sum().Item()
		a.all += float64(b.Target.Size(0))
	})
}

// Value is the part of the items that are right; NaN of none.
func (a *Accuracy) Value() (float64, error) { return a.right / a.all, nil }

// StopEarly is a callback: what callback.EarlyStopping is for the loss of validation.
type StopEarly struct {
	Patience int

	best float64
	wait int
}

// Order puts it after the recorder, whose values it reads.
func (*StopEarly) Order() int { return 63 }

// BeforeFit begins to count.
func (s *StopEarly) BeforeFit(*fastlearn.Learner) error {
	s.best, s.wait = math.Inf(1), 0
	return nil
}

// AfterEpoch ends the fit when there was no improvement for too long.
func (s *StopEarly) AfterEpoch(l *fastlearn.Learner) error {
	values := l.Recorder.Values[len(l.Recorder.Values)-1]
	if loss := values[1]; loss < s.best { // train_loss, valid_loss, metrics
		s.best, s.wait = loss, 0
		return nil
	}
	if s.wait++; s.wait >= s.Patience {
		return fastlearn.ErrCancelFit
	}
	return nil
}
