package metric

import (
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
