package metric

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// MultiOption changes a default of a metric of several labels.
type MultiOption func(*multiConfig)

type multiConfig struct {
	thresh  float64
	sigmoid bool
}

// Thresh sets the probability from which on a label is predicted (default 0.5).
func Thresh(p float64) MultiOption { return func(c *multiConfig) { c.thresh = p } }

// NoSigmoid says that predictions are probabilities already (fastai's sigmoid=False).
func NoSigmoid() MultiOption { return func(c *multiConfig) { c.sigmoid = false } }

// multi makes a metric of several labels. An option that is nil is an error of the call that takes the metric.
func multi(name string, opts []MultiOption, make func(c multiConfig) Metric) Metric {
	c := multiConfig{thresh: 0.5, sigmoid: true}
	err := guard.Options(name, opts, func(o MultiOption) { o(&c) })
	if bad := c.thresh < 0 || c.thresh > 1; math.IsNaN(c.thresh) || c.sigmoid && bad {
		err = fmt.Errorf("%s: Thresh(%v): want a probability, from 0 to 1", name, c.thresh)
	}
	if err != nil {
		return refused{name, err}
	}
	return make(c)
}

func (c multiConfig) activate(pred *torch.Tensor) *torch.Tensor {
	if c.sigmoid {
		return pred.Sigmoid()
	}
	return pred
}

// AccuracyMulti is the part of all labels of all items that is right, those included that rightly aren't there: predictions and targets
// of 0 or 1, both N×C (fastai's accuracy_multi). A label is predicted above the threshold, not at it.
func AccuracyMulti(opts ...MultiOption) Metric {
	return multi("accuracy_multi", opts, func(c multiConfig) Metric {
		return Avg("accuracy_multi", func(pred, target *torch.Tensor) *torch.Tensor {
			there := c.activate(pred).GtScalar(c.thresh)
			return there.Eq(target.To(torch.Bool).View(there.Shape()...)).To(torch.Float64).Mean()
		})
	})
}

// The metrics below are scikit-learn's of several labels: predictions and targets of 0 or 1, both N×C, a label being predicted from
// the threshold on. They average over all labels and keep counts for each.

// PrecisionMulti is [Precision] for several labels (fastai's PrecisionMulti).
func PrecisionMulti(a Averaging, opts ...MultiOption) Metric {
	return averagedMulti("precision_score", a, precisionScore, opts)
}

// RecallMulti is [Recall] for several labels (fastai's RecallMulti).
func RecallMulti(a Averaging, opts ...MultiOption) Metric {
	return averagedMulti("recall_score", a, recallScore, opts)
}

// F1ScoreMulti is [F1Score] for several labels (fastai's F1ScoreMulti).
func F1ScoreMulti(a Averaging, opts ...MultiOption) Metric {
	return averagedMulti("f1_score", a, fBetaScore(1), opts)
}

// FBetaMulti is [FBeta] for several labels (fastai's FBetaMulti).
func FBetaMulti(beta float64, a Averaging, opts ...MultiOption) Metric {
	if err := checkBeta(beta); err != nil {
		return refused{"fbeta_score", err}
	}
	return averagedMulti("fbeta_score", a, fBetaScore(beta), opts)
}

// JaccardMulti is [Jaccard] for several labels (fastai's JaccardMulti).
func JaccardMulti(a Averaging, opts ...MultiOption) Metric {
	return averagedMulti("jaccard_score", a, jaccardScore, opts)
}

func averagedMulti(name string, a Averaging, f classScore, opts []MultiOption) Metric {
	return multi(name, opts, func(c multiConfig) Metric {
		return &multiMetric{name: name, average: a, f: f, config: c}
	})
}

// multiMetric is a metric of each label's counts.
type multiMetric struct {
	name    string
	average Averaging
	f       classScore
	config  multiConfig
	labels  []hits
}

func (m *multiMetric) Name() string            { return m.name }
func (m *multiMetric) Reset()                  { m.labels = nil }
func (m *multiMetric) Value() (float64, error) { return m.average.over(m.labels, m.f), nil }

func (m *multiMetric) Accumulate(b Batch) error {
	var preds, targets []float64
	var labels int
	err := torch.Try(func() {
		labels = int(b.Pred.Size(-1))
		preds, targets = toFloats(m.config.activate(b.Pred)), toFloats(b.Target)
	})
	switch {
	case err != nil:
		return err
	case m.average == AverageBinary:
		return fmt.Errorf("AverageBinary is for two classes of one label each: take AverageMacro, AverageMicro or AverageWeighted")
	case len(preds) != len(targets):
		return fmt.Errorf("%d predictions and %d targets: want as many", len(preds), len(targets))
	}
	if err := m.average.check(labels); err != nil {
		return err
	}
	for len(m.labels) < labels {
		m.labels = append(m.labels, hits{})
	}
	for i, p := range preds {
		h, there := &m.labels[i%labels], targets[i] != 0
		if there {
			h.target++
		}
		if p >= m.config.thresh {
			h.pred++
			if there {
				h.right++
			}
		}
	}
	return nil
}

// toFloats copies t's elements to the host.
func toFloats(t *torch.Tensor) []float64 { return torch.ToSlice[float64](t.Detach().To(torch.Float64)) }
