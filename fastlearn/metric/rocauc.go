package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// MultiClass says of what pairs of classes [RocAuc] is made.
type MultiClass int

// The ways, by scikit-learn's names.
const (
	OneVsRest MultiClass = iota // each class and all others: "ovr"
	OneVsOne                    // each class and each other: "ovo", for AverageMacro and AverageWeighted
)

// RocAucBinary is how often an item of class 1 is given a higher probability of it than one of class 0, ties counting a
// half: the area under the receiver's curve, of predictions N×2 against classes N int64 (fastai's RocAucBinary). It is NaN where all
// targets are of one class.
func RocAucBinary() Metric {
	last := func(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1).Select(-1, pred.Size(-1)-1) }
	return accumMetric(rocAucName, func(pred, target *torch.Tensor) (float64, error) {
		targets := torch.ToSlice[int64](target.To(torch.Int64))
		if len(targets) == 0 {
			return math.NaN(), nil
		}
		low, high := slices.Min(targets), slices.Max(targets)
		there := make([]bool, len(targets))
		for i, t := range targets {
			if t != low && t != high {
				return 0, fmt.Errorf("the targets are of more than two classes, %d, %d and %d among them: take RocAuc", low, t, high)
			}
			there[i] = t != low
		}
		return areaOf(toFloats(pred), there)
	}, last)
}

// RocAuc is [RocAucBinary] for several classes, by their softmax: predictions N×C against classes N int64 (fastai's RocAuc). It keeps
// all probabilities until the end of a validation. It is NaN where a class has no targets; scikit-learn has no value then, either.
func RocAuc(a Averaging, m MultiClass) Metric {
	softmax := func(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }
	return accumMetric(rocAucName, func(pred, target *torch.Tensor) (float64, error) {
		if a == AverageBinary || m == OneVsOne && a == AverageMicro {
			return 0, fmt.Errorf("no %v average of these pairs of classes: take AverageMacro or AverageWeighted", a)
		}
		if err := a.check(int(pred.Size(-1))); err != nil {
			return 0, err
		}
		targets := torch.ToSlice[int64](target.To(torch.Int64))
		columns := columnsOf(pred)
		if err := checkTargets(targets, int(pred.Size(0)), len(columns)); err != nil {
			return 0, err
		}
		there := make([][]bool, len(columns))
		for c := range there {
			there[c] = make([]bool, len(targets))
			for i, t := range targets {
				there[c][i] = t == int64(c)
			}
			if !slices.Contains(there[c], true) {
				return math.NaN(), nil
			}
		}
		if m == OneVsOne {
			return oneVsOne(columns, there, a)
		}
		return oneVsRest(columns, there, a)
	}, softmax)
}

// RocAucMulti is [RocAucBinary] of each of several labels, averaged: predictions and targets of 0 or 1, both N×C (fastai's
// RocAucMulti). It keeps all probabilities until the end of a validation. Of its options [Thresh] has no effect.
func RocAucMulti(a Averaging, opts ...MultiOption) Metric {
	return multi(rocAucName, opts, func(c multiConfig) Metric {
		return accumMetric(rocAucName, func(pred, target *torch.Tensor) (float64, error) {
			if a == AverageBinary {
				return 0, fmt.Errorf("no binary average of several labels: take AverageMacro, AverageMicro or AverageWeighted")
			}
			if err := a.check(int(pred.Size(-1))); err != nil {
				return 0, err
			}
			columns := columnsOf(pred)
			there := make([][]bool, len(columns))
			for c, column := range columnsOf(target.View(pred.Shape()...)) {
				there[c] = make([]bool, len(column))
				for i, v := range column {
					there[c][i] = v != 0
				}
			}
			return oneVsRest(columns, there, a)
		}, c.activate)
	})
}

const rocAucName = "roc_auc_score"

// columnsOf are the columns of t, N×C, or its elements.
func columnsOf(t *torch.Tensor) [][]float64 {
	out := make([][]float64, t.Size(-1))
	all := toFloats(t)
	for i, v := range all {
		c := i % len(out)
		if out[c] == nil {
			out[c] = make([]float64, 0, len(all)/len(out))
		}
		out[c] = append(out[c], v)
	}
	return out
}

// oneVsRest averages the areas of the columns. A column whose weight is 0 counts 0.
func oneVsRest(columns [][]float64, there [][]bool, a Averaging) (float64, error) {
	if a == AverageMicro {
		return areaOf(slices.Concat(columns...), slices.Concat(there...))
	}
	var sum, weights float64
	for c := range columns {
		weight := 1.0
		if a == AverageWeighted {
			weight = float64(countTrue(there[c]))
		}
		if weights += weight; weight == 0 {
			continue
		}
		area, err := areaOf(columns[c], there[c])
		if err != nil {
			return 0, err
		}
		sum += weight * area
	}
	return quotient(sum, weights), nil
}

// oneVsOne averages over pairs of classes: of the items of both, the areas of one's probability and the other's.
func oneVsOne(columns [][]float64, there [][]bool, a Averaging) (float64, error) {
	var sum, weights float64
	for i := range columns {
		for j := range i {
			var of [2][]float64
			var is [2][]bool
			for k := range there[i] {
				if !there[i][k] && !there[j][k] {
					continue
				}
				of[0], is[0] = append(of[0], columns[i][k]), append(is[0], there[i][k])
				of[1], is[1] = append(of[1], columns[j][k]), append(is[1], there[j][k])
			}
			weight := 1.0
			if a == AverageWeighted {
				weight = float64(len(is[0]))
			}
			for side := range of {
				area, err := areaOf(of[side], is[side])
				if err != nil {
					return 0, err
				}
				sum += weight * area / 2
			}
			weights += weight
		}
	}
	return sum / weights, nil
}

// areaOf counts the pairs of an item that is there and one that isn't of which the first has the higher score.
func areaOf(scores []float64, there []bool) (float64, error) {
	if len(scores) != len(there) {
		return 0, fmt.Errorf("%d predictions and %d targets: want as many", len(scores), len(there))
	}
	order := make([]int, len(scores))
	for i, v := range scores {
		if order[i] = i; math.IsNaN(v) {
			return math.NaN(), nil
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })
	var below, won, positives float64
	for first := 0; first < len(order); {
		last, tied := first, 0.0
		for ; last < len(order) && scores[order[last]] == scores[order[first]]; last++ {
			if there[order[last]] {
				tied++
			}
		}
		others := float64(last-first) - tied
		won += tied * (below + others/2)
		below += others
		positives += tied
		first = last
	}
	if positives == 0 || below == 0 {
		return math.NaN(), nil
	}
	return won / positives / below, nil
}

func countTrue(there []bool) (n int) {
	for _, t := range there {
		if t {
			n++
		}
	}
	return n
}
