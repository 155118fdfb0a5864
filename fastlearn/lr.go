package fastlearn

import (
	"fmt"
	"math"
)

// LearningRate is one rate for all parameter groups, or one for each: [LR],
// [LR], [Slice] or [SliceTo] make it.
type LearningRate interface {
	// rates gives each of n groups its rate, from the first layers to the head.
	rates(n int) ([]float64, error)
}

type sameRate float64
type sliceRate struct{ start, stop float64 }
type listRate []float64

// LR is the same rate for every group, or the rate of each group, the first layers first.
func LR(rate float64, more ...float64) LearningRate {
	if len(more) == 0 {
		return sameRate(rate)
	}
	return listRate(append([]float64{rate}, more...))
}

// Slice spreads the groups' rates from start, for the first layers, to stop, for
// the head, by equal factors: fastai's slice(start, stop).
func Slice(start, stop float64) LearningRate { return sliceRate{start, stop} }

// SliceTo gives the last group stop and all others stop/10: fastai's slice(stop).
func SliceTo(stop float64) LearningRate { return sliceRate{0, stop} }

func (r sameRate) rates(n int) ([]float64, error) {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(r)
	}
	return out, checkRates(out)
}

func (r sliceRate) rates(n int) ([]float64, error) {
	out := make([]float64, n)
	step := 1.0
	if r.start != 0 && n > 1 {
		step = math.Pow(r.stop/r.start, 1/float64(n-1))
	}
	for i := range out {
		switch {
		case r.start == 0 && i < n-1:
			out[i] = r.stop / 10
		case r.start == 0 || n == 1:
			out[i] = r.stop
		default:
			out[i] = r.start * math.Pow(step, float64(i))
		}
	}
	return out, checkRates(out)
}

func (r listRate) rates(n int) ([]float64, error) {
	if len(r) != n {
		return nil, fmt.Errorf("fastlearn: %d learning rates for %d parameter groups", len(r), n)
	}
	return r, checkRates(r)
}

func checkRates(rates []float64) error {
	for _, r := range rates {
		if !(r >= 0) || math.IsInf(r, 0) {
			return fmt.Errorf("fastlearn: learning rate %v: want a number of 0 or more", r)
		}
	}
	return nil
}
