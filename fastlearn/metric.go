package fastlearn

import (
	"math"

	"fmt"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Metric measures an epoch's validation. A learner makes its own by a constructor,
// such as [Accuracy].
type Metric interface {
	Name() string
	Reset()
	// Accumulate takes in a batch: l.Pred and l.Y.
	Accumulate(l *Learner) error
	// Value is NaN where nothing was accumulated.
	Value() float64
}

// AvgMetric makes a metric that averages f over all items (fastai's AvgMetric).
// f gets predictions and targets and returns a tensor of one element.
func AvgMetric(name string, f func(pred, target *torch.Tensor) *torch.Tensor) func() Metric {
	if f == nil {
		return noMetric(fmt.Errorf("AvgMetric %s: the function is nil", name))
	}
	return func() Metric { return &avgMetric{name: name, f: f} }
}

type avgMetric struct {
	name  string
	f     func(pred, target *torch.Tensor) *torch.Tensor
	total float64
	count int
}

func (m *avgMetric) Name() string   { return m.name }
func (m *avgMetric) Reset()         { m.total, m.count = 0, 0 }
func (m *avgMetric) Value() float64 { return m.total / float64(m.count) }

func (m *avgMetric) Accumulate(l *Learner) error {
	return torch.Try(func() {
		n := int(l.Y.Size(0))
		m.total += tensorOf("the function", m.f, func() *torch.Tensor { return m.f(l.Pred, l.Y) }).Item() * float64(n)
		m.count += n
	})
}

// Accuracy is the part of the items whose most likely class is their target
// (fastai's accuracy). Pass it to [Metrics].
func Accuracy() Metric { return AvgMetric("accuracy", accuracy)() }

// ErrorRate is 1 - [Accuracy].
func ErrorRate() Metric {
	return AvgMetric("error_rate", func(pred, target *torch.Tensor) *torch.Tensor {
		return accuracy(pred, target).MulScalar(-1).AddScalar(1)
	})()
}

func accuracy(pred, target *torch.Tensor) *torch.Tensor {
	return pred.ArgMax(-1, false).Eq(target).To(torch.Float64).Mean(false)
}

// TopKAccuracy is the part of the items whose target is among their k most likely classes (fastai's top_k_accuracy, whose k is 5).
func TopKAccuracy(k int) func() Metric {
	return AvgMetric("top_k_accuracy", func(pred, target *torch.Tensor) *torch.Tensor {
		_, classes := pred.TopK(int64(k), -1)
		return classes.Eq(target.Unsqueeze(-1)).To(torch.Float64).Sum(false).DivScalar(float64(target.Size(0)))
	})
}

// Perplexity is e to the mean loss of the items, which should be a cross-entropy (fastai's Perplexity).
func Perplexity() Metric { return &perplexity{} }

type perplexity struct {
	total float64
	count int
}

func (*perplexity) Name() string     { return "perplexity" }
func (p *perplexity) Reset()         { *p = perplexity{} }
func (p *perplexity) Value() float64 { return math.Exp(p.total / float64(p.count)) }

func (p *perplexity) Accumulate(l *Learner) error {
	return torch.Try(func() {
		n := int(l.Y.Size(0))
		p.total += l.LossValue * float64(n)
		p.count += n
	})
}
