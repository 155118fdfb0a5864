package metric

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// The metrics below are scikit-learn's of the most likely class of each item: predictions N×C against classes N int64.
// They keep counts for each class and no predictions.

// Precision is the part of what was predicted as a class that is of it (fastai's Precision). A class that was never
// predicted counts 0.
func Precision(a Averaging) Metric { return averaged("precision_score", a, precisionScore) }

// Recall is the part of a class that was predicted as it (fastai's Recall). A class without targets counts 0.
func Recall(a Averaging) Metric { return averaged("recall_score", a, recallScore) }

// F1Score is the harmonic mean of precision and recall (fastai's F1Score).
func F1Score(a Averaging) Metric { return averaged("f1_score", a, fBetaScore(1)) }

// FBeta is the mean of precision P and recall R that weighs R beta times as much as P (fastai's FBeta):
// (1+beta²)·P·R / (beta²·P + R). A beta of 0 is P, an infinite one R.
func FBeta(beta float64, a Averaging) Metric {
	if err := checkBeta(beta); err != nil {
		return refused{"fbeta_score", err}
	}
	return averaged("fbeta_score", a, fBetaScore(beta))
}

func checkBeta(beta float64) error {
	if !(beta >= 0) {
		return fmt.Errorf("fbeta_score: beta is %v: want a number of 0 or more", beta)
	}
	return nil
}

// Jaccard is, for a class, what was rightly predicted as it over all that was predicted as it or is of it (fastai's Jaccard).
func Jaccard(a Averaging) Metric { return averaged("jaccard_score", a, jaccardScore) }

func averaged(name string, a Averaging, f classScore) Metric {
	return &classMetric{name: name, check: a.check, value: func(m *classMetric) float64 {
		if a == AverageBinary { // also where only class 0 was seen
			return a.over(m.classes, f)
		}
		return a.over(m.seen(), f)
	}}
}

// BalancedAccuracy is the mean of the recalls of all classes that have targets (fastai's BalancedAccuracy).
func BalancedAccuracy() Metric {
	return &classMetric{name: "balanced_accuracy_score", value: func(m *classMetric) float64 {
		var sum, n float64
		for _, h := range m.classes {
			if h.target > 0 {
				sum += recallScore(h)
				n++
			}
		}
		return sum / n
	}}
}

// MatthewsCorrCoef is the correlation of predictions and targets, -1 … 1, and 0 where all of one are of one class
// (fastai's MatthewsCorrCoef).
func MatthewsCorrCoef() Metric {
	return &classMetric{name: "matthews_corrcoef", value: func(m *classMetric) float64 {
		var n, right, both, preds, targets float64
		for _, h := range m.classes {
			p, t := float64(h.pred), float64(h.target)
			n, right = n+t, right+float64(h.right)
			both, preds, targets = both+p*t, preds+p*p, targets+t*t
		}
		spread := (n*n - preds) * (n*n - targets)
		if n > 0 && spread == 0 {
			return 0
		}
		return (right*n - both) / math.Sqrt(spread)
	}}
}

// BrierScore is what fastai's BrierScore computes, the mean square of the difference between the predicted class, not its
// probability, and the target, of two classes: the error rate.
func BrierScore() Metric {
	return &classMetric{name: "brier_score_loss", check: AverageBinary.check, value: func(m *classMetric) float64 {
		n := m.classes[0].target + m.classes[1].target
		return float64(n-m.classes[0].right-m.classes[1].right) / float64(n)
	}}
}

// classMetric is a metric of each class's counts.
type classMetric struct {
	name    string
	check   func(classes int) error // nil for any number of them
	value   func(*classMetric) float64
	classes []hits
}

func (m *classMetric) Name() string { return m.name }
func (m *classMetric) Reset()       { m.classes = nil }

func (m *classMetric) Value() (float64, error) {
	if len(m.seen()) == 0 {
		return math.NaN(), nil
	}
	return m.value(m), nil
}

// seen are the counts of the classes that were targets or predicted.
func (m *classMetric) seen() []hits {
	var out []hits
	for _, h := range m.classes {
		if h.pred > 0 || h.target > 0 {
			out = append(out, h)
		}
	}
	return out
}

func (m *classMetric) Accumulate(b Batch) error {
	classes, preds, targets, err := predictedClasses(b)
	if err != nil {
		return err
	}
	if m.check != nil {
		if err := m.check(classes); err != nil {
			return err
		}
	}
	for len(m.classes) < classes {
		m.classes = append(m.classes, hits{})
	}
	for i, p := range preds {
		t := targets[i]
		m.classes[p].pred++
		m.classes[t].target++
		if p == t {
			m.classes[p].right++
		}
	}
	return nil
}

// predictedClasses are a batch's most likely classes and its targets, all below classes.
func predictedClasses(b Batch) (classes int, preds, targets []int64, err error) {
	err = torch.Try(func() {
		if b.Pred.Dim() != 2 {
			err = fmt.Errorf("want predictions N×C, got %v", b.Pred.Shape())
			return
		}
		classes = int(b.Pred.Size(1))
		preds = torch.ToSlice[int64](b.Pred.ArgMax(-1))
		targets = torch.ToSlice[int64](b.Target.To(torch.Int64))
	})
	if err != nil {
		return 0, nil, nil, err
	}
	return classes, preds, targets, checkTargets(targets, len(preds), classes)
}

func checkTargets(targets []int64, n, classes int) error {
	if len(targets) != n {
		return fmt.Errorf("%d targets for %d predictions", len(targets), n)
	}
	for _, t := range targets {
		if t < 0 || t >= int64(classes) {
			return fmt.Errorf("a target is class %d, the predictions are of %d classes", t, classes)
		}
	}
	return nil
}
