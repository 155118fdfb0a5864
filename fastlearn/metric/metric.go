// Package metric measures an epoch's validation: fastai's metrics, and two constructors for custom ones, [Avg] of a batch and
// [Accum] of a whole validation.
package metric

import (
	"errors"
	"math"

	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Metric measures an epoch's validation. It belongs to one learner at a time.
type Metric interface {
	Name() string
	Reset()
	// Accumulate takes in a batch of the validation, which it must not keep.
	Accumulate(b Batch) error
	// Value returns what was measured since Reset: NaN where nothing was accumulated.
	Value() (float64, error)
}

// Batch is what a metric sees of a batch. The tensors end with it.
type Batch struct {
	Pred, Target *torch.Tensor   // the model's output, N×…, and the first target
	Targets      []*torch.Tensor // all of them
	Loss         func() float64  // the mean loss of the batch; on a GPU the host waits to read it
}

// Check asks a metric that has a method Check() error whether it can be used, as a learner does.
func Check(m Metric) error {
	if guard.IsNil(m) {
		return errors.New("the metric is nil")
	}
	c, ok := m.(interface{ Check() error })
	if !ok {
		return nil
	}
	return guard.Call("Check", m, c.Check)
}

// refused is the metric of a constructor that was given what makes no metric; the call that takes it says why.
type refused struct {
	name string
	err  error
}

func (r refused) Name() string            { return r.name }
func (refused) Reset()                    {}
func (r refused) Accumulate(Batch) error  { return r.err }
func (r refused) Value() (float64, error) { return math.NaN(), r.err }
func (r refused) Check() error            { return r.err }

// Avg makes a metric that averages f over all items (fastai's AvgMetric).
// f gets predictions and targets and returns a tensor of one element.
func Avg(name string, f func(pred, target *torch.Tensor) *torch.Tensor) Metric {
	if f == nil {
		return refused{name, fmt.Errorf("metric.Avg %s: the function is nil", name)}
	}
	return &avgMetric{name: name, f: f}
}

type avgMetric struct {
	name  string
	f     func(pred, target *torch.Tensor) *torch.Tensor
	total float64
	count int
}

func (m *avgMetric) Name() string            { return m.name }
func (m *avgMetric) Reset()                  { m.total, m.count = 0, 0 }
func (m *avgMetric) Value() (float64, error) { return m.total / float64(m.count), nil }

func (m *avgMetric) Accumulate(b Batch) error {
	return torch.Try(func() {
		n := int(b.Target.Size(0))
		m.total += guard.Pointer("the function", m.f, func() *torch.Tensor { return m.f(b.Pred, b.Target) }).Item() * float64(n)
		m.count += n
	})
}

// Accuracy is the part of the items whose most likely class is their target
// (fastai's accuracy).
func Accuracy() Metric { return Avg("accuracy", accuracy) }

// ErrorRate is 1 - [Accuracy].
func ErrorRate() Metric {
	return Avg("error_rate", func(pred, target *torch.Tensor) *torch.Tensor {
		return accuracy(pred, target).MulScalar(-1).AddScalar(1)
	})
}

func accuracy(pred, target *torch.Tensor) *torch.Tensor {
	return pred.ArgMax(-1).Eq(target).To(torch.Float64).Mean()
}

// TopKAccuracy is the part of the items whose target is among their k most likely classes (fastai's top_k_accuracy, whose k is 5).
func TopKAccuracy(k int) Metric {
	return Avg("top_k_accuracy", func(pred, target *torch.Tensor) *torch.Tensor {
		_, classes := pred.TopK(int64(k), -1)
		return classes.Eq(target.Unsqueeze(-1)).To(torch.Float64).Sum().DivScalar(float64(target.Size(0)))
	})
}

// Perplexity is e to the mean loss of the items, which should be a cross-entropy (fastai's Perplexity).
func Perplexity() Metric { return &perplexity{} }

type perplexity struct {
	total float64
	count int
}

func (*perplexity) Name() string              { return "perplexity" }
func (p *perplexity) Reset()                  { *p = perplexity{} }
func (p *perplexity) Value() (float64, error) { return math.Exp(p.total / float64(p.count)), nil }

func (p *perplexity) Accumulate(b Batch) error {
	return torch.Try(func() {
		n := int(b.Target.Size(0))
		p.total += b.Loss() * float64(n)
		p.count += n
	})
}
