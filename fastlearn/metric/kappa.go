package metric

import (
	"math"
	"slices"
)

// KappaWeights say how much worse it is to be wrong by more classes, for classes that have an order.
type KappaWeights int

// The weights of being wrong by d classes.
const (
	KappaUnweighted KappaWeights = iota // 1: classes have no order
	KappaLinear                         // d
	KappaQuadratic                      // d²
)

// CohenKappa is how much better predictions agree with targets than by chance, at most 1 (fastai's CohenKappa): with o the
// observed and e the expected counts of each pair of classes, 1 - Σw·o/Σw·e, NaN where all is of one class. It keeps the
// number of each pair that it saw. Classes that it never saw don't count in a distance.
func CohenKappa(w KappaWeights) Metric {
	return &kappa{weights: w}
}

type kappa struct {
	weights KappaWeights
	pairs   map[[2]int64]int // target, prediction
}

func (*kappa) Name() string { return "cohen_kappa_score" }
func (k *kappa) Reset()     { k.pairs = nil }

func (k *kappa) Accumulate(b Batch) error {
	_, preds, targets, err := predictedClasses(b)
	if err != nil {
		return err
	}
	if k.pairs == nil {
		k.pairs = map[[2]int64]int{}
	}
	for i, p := range preds {
		k.pairs[[2]int64{targets[i], p}]++
	}
	return nil
}

func (k *kappa) weight(a, b int) float64 {
	d := math.Abs(float64(a - b))
	switch k.weights {
	case KappaLinear:
		return d
	case KappaQuadratic:
		return d * d
	}
	return min(d, 1)
}

func (k *kappa) Value() (float64, error) {
	var labels []int64
	for pair := range k.pairs {
		labels = append(labels, pair[:]...)
	}
	slices.Sort(labels)
	labels = slices.Compact(labels)
	targets, preds := make([]float64, len(labels)), make([]float64, len(labels))
	var n, observed, expected float64
	for pair, count := range k.pairs {
		t, _ := slices.BinarySearch(labels, pair[0])
		p, _ := slices.BinarySearch(labels, pair[1])
		c := float64(count)
		targets[t] += c
		preds[p] += c
		n += c
		observed += k.weight(t, p) * c
	}
	for t := range labels {
		for p := range labels {
			expected += k.weight(t, p) * targets[t] * preds[p]
		}
	}
	if expected == 0 {
		return math.NaN(), nil
	}
	return 1 - observed*n/expected, nil
}
