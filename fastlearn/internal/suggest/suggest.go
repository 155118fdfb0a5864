// Package suggest reads learning rates off the curve of a learning rate finder, as fastai does.
package suggest

import (
	"fmt"
	"math"
)

// Rates are suggestions, NaN where the curve is too short to say.
type Rates struct{ Valley, Slide, Minimum, Steep float64 }

// From returns what a curve suggests without its beginning and its end, up to the first NaN; numIt is how many batches were to be
// tried. It calculates in float32, as fastai's tensors do.
func From(rates, losses []float64, numIt int) (Rates, error) {
	var x, y []float32
	for i := numIt / 10; i < len(losses)-5 && !math.IsNaN(losses[i]); i++ {
		x = append(x, float32(rates[i]))
		y = append(y, float32(losses[i]))
	}
	if len(y) < 2 {
		none := math.NaN()
		return Rates{none, none, none, none}, tooShort(rates, losses, numIt)
	}
	return Rates{valley(x, y), slide(x, y), minimum(x, y), steep(x, y)}, nil
}

// tooShort tells why the curve has too few losses.
func tooShort(rates, losses []float64, numIt int) error {
	for i, loss := range losses {
		if math.IsNaN(loss) {
			return fmt.Errorf("fastlearn: LRFind: there is nothing to suggest: the loss was NaN at batch %d, at a rate of %.2g: "+
				"pass a smaller StartLR and EndLR, or look for NaN in the data and the model if the rate is small", i+1, rates[i])
		}
	}
	return fmt.Errorf("fastlearn: LRFind: there is nothing to suggest: it ended after %d of %d batches, where the loss was more than four times its best or a "+
		"callback ended it, and it takes %d: pass a smaller StartLR and EndLR, or NoStopDiv()", len(losses), numIt, numIt/10+7)
}

// valley is a rate two thirds into the longest run of ever smaller losses.
func valley(lrs, losses []float32) float64 {
	n := len(losses)
	run := make([]int, n) // the length of the longest such run that ends here
	start, end := 0, 0
	for i := range n {
		run[i] = 1
		for j := range i {
			if losses[i] < losses[j] && run[i] < run[j]+1 {
				run[i] = run[j] + 1
			}
			if run[end] < run[i] {
				end = i
				start = end - run[end]
			}
		}
	}
	third := float64(end-start) / 3
	at := start + int(third) + int(third/2)
	if at < 0 { // as Python counts
		at += n
	}
	return float64(lrs[at])
}

// slide is where, from the end, the slope first differs little from that 15 batches before.
func slide(lrs, losses []float32) float64 {
	const apart, thresh = 15, 0.005
	n := len(losses)
	right, left := n-1, n-1-apart
	if left < 0 {
		return math.NaN()
	}
	grads := gradient(losses)
	rate := lrs[left]
	for left >= 0 && math.Abs(float64(grads[right]-grads[left])) > thresh {
		rate = lrs[left]
		right, left = right-1, left-1
	}
	return float64(rate)
}

// gradient is numpy's.
func gradient(v []float32) []float32 {
	n := len(v)
	g := make([]float32, n)
	g[0], g[n-1] = v[1]-v[0], v[n-1]-v[n-2]
	for i := 1; i < n-1; i++ {
		g[i] = (v[i+1] - v[i-1]) / 2
	}
	return g
}

func minimum(lrs, losses []float32) float64 {
	least := 0
	for i, loss := range losses {
		if loss < losses[least] {
			least = i
		}
	}
	return float64(lrs[least]) / 10
}

func steep(lrs, losses []float32) float64 {
	log := func(v float32) float32 { return float32(math.Log(float64(v))) }
	at, least := 0, float32(math.Inf(1))
	for i := range len(losses) - 1 {
		if g := (losses[i+1] - losses[i]) / (log(lrs[i+1]) - log(lrs[i])); g < least {
			at, least = i, g
		}
	}
	return float64(lrs[at])
}
