package metric

import (
	"fmt"
	"math"
)

// Averaging says how a metric of one class becomes one of all, by scikit-learn's names.
type Averaging int

// The averages. Classes that neither were targets nor predicted are left out of all of them.
const (
	AverageBinary   Averaging = iota // class 1 of two: the default of fastai's metrics of one label
	AverageMacro                     // the mean of the classes: the default of fastai's metrics of several labels
	AverageMicro                     // of all decisions together
	AverageWeighted                  // the mean of the classes, weighted by how many targets each has
)

// String returns scikit-learn\'s name.
func (a Averaging) String() string {
	switch a {
	case AverageBinary:
		return "binary"
	case AverageMacro:
		return "macro"
	case AverageMicro:
		return "micro"
	case AverageWeighted:
		return "weighted"
	}
	return fmt.Sprintf("Averaging(%d)", int(a))
}

// check refuses what can't be averaged over so many classes.
func (a Averaging) check(classes int) error {
	switch {
	case a < AverageBinary || a > AverageWeighted:
		return fmt.Errorf("there is no %v", a)
	case a == AverageBinary && classes != 2:
		return fmt.Errorf("AverageBinary is for two classes, the predictions are of %d: take AverageMacro, AverageMicro or AverageWeighted", classes)
	}
	return nil
}

// hits counts, of one class, how often it was right, predicted, and a target.
type hits struct{ right, pred, target int }

// classScore turns a class's counts into a number, 0 where it is a quotient of zeros.
type classScore func(hits) float64

func quotient(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func precisionScore(h hits) float64 { return quotient(float64(h.right), float64(h.pred)) }
func recallScore(h hits) float64    { return quotient(float64(h.right), float64(h.target)) }

func jaccardScore(h hits) float64 {
	return quotient(float64(h.right), float64(h.pred+h.target-h.right))
}

// fBetaScore weighs recall beta times as much as precision.
func fBetaScore(beta float64) classScore {
	switch b2 := beta * beta; {
	case beta == 0:
		return precisionScore
	case math.IsInf(beta, 1):
		return recallScore
	default:
		return func(h hits) float64 {
			return quotient((1+b2)*float64(h.right), b2*float64(h.target)+float64(h.pred))
		}
	}
}

// over averages a score over classes; NaN where nothing was counted.
func (a Averaging) over(classes []hits, f classScore) float64 {
	var all hits
	var sum, weighted float64
	for _, h := range classes {
		all.right, all.pred, all.target = all.right+h.right, all.pred+h.pred, all.target+h.target
		sum += f(h)
		weighted += f(h) * float64(h.target)
	}
	switch {
	case len(classes) == 0:
		return math.NaN()
	case a == AverageBinary:
		return f(classes[len(classes)-1])
	case a == AverageMicro:
		return f(all)
	case a == AverageWeighted && all.target > 0:
		return weighted / float64(all.target)
	}
	return sum / float64(len(classes))
}
