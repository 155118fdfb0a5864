package metric

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// The metrics below are of numbers: predictions and targets of as many elements each, all of which count alike. They keep
// sums.

// MeanSquaredError is the mean of the squares of what predictions are off (fastai's mse).
func MeanSquaredError() Metric {
	return &regressionMetric{name: "mse", value: func(m *regressionMetric) float64 { return m.squares / m.target.n }}
}

// MeanAbsoluteError is the mean of what predictions are off (fastai's mae).
func MeanAbsoluteError() Metric {
	return &regressionMetric{name: "mae", value: func(m *regressionMetric) float64 { return m.off / m.target.n }}
}

// RMSE is the root of [MeanSquaredError] (fastai's rmse, which a table calls _rmse).
func RMSE() Metric {
	return &regressionMetric{name: "_rmse", value: func(m *regressionMetric) float64 { return math.Sqrt(m.squares / m.target.n) }}
}

// R2Score is how much better predictions are than the targets' mean (fastai's R2Score): 1 - Σ(y-ŷ)²/Σ(y-ȳ)². It is NaN for
// less than two elements; for targets that are all the same, 1 if all predictions are right, else 0.
func R2Score() Metric {
	return &regressionMetric{name: "r2_score", value: func(m *regressionMetric) float64 {
		if m.target.n < 2 {
			return math.NaN()
		}
		return explained(m.squares, m.target.m2)
	}}
}

// ExplainedVariance is [R2Score] for predictions that may all be off by the same (fastai's ExplainedVariance):
// 1 - Var(y-ŷ)/Var(y).
func ExplainedVariance() Metric {
	return &regressionMetric{name: "explained_variance_score", value: func(m *regressionMetric) float64 { return explained(m.diff.m2, m.target.m2) }}
}

func explained(left, all float64) float64 {
	switch {
	case all != 0:
		return 1 - left/all
	case left == 0:
		return 1
	}
	return 0
}

// regressionMetric is a metric of sums over all elements.
type regressionMetric struct {
	name         string
	value        func(*regressionMetric) float64
	squares, off float64
	target, diff welford
}

func (m *regressionMetric) Name() string { return m.name }

func (m *regressionMetric) Reset() { *m = regressionMetric{name: m.name, value: m.value} }

func (m *regressionMetric) Value() (float64, error) {
	if m.target.n == 0 {
		return math.NaN(), nil
	}
	return m.value(m), nil
}

func (m *regressionMetric) Accumulate(b Batch) error {
	var preds, targets []float64
	if err := torch.Try(func() { preds, targets = toFloats(b.Pred), toFloats(b.Target) }); err != nil {
		return err
	}
	if len(preds) != len(targets) {
		return fmt.Errorf("%d predictions and %d targets: want as many", len(preds), len(targets))
	}
	for i, y := range targets {
		d := y - preds[i]
		m.squares += d * d
		m.off += math.Abs(d)
		m.target.add(y)
		m.diff.add(d)
	}
	return nil
}

// welford is the sum of squares around the mean of numbers that come one by one by his method; exactly 0 for equal ones.
type welford struct{ n, mean, m2 float64 }

func (s *welford) add(v float64) {
	s.n++
	d := v - s.mean
	s.mean += d / s.n
	s.m2 += d * (v - s.mean)
}
