package fastlearn

import (
	"fmt"
	"math"
)

// suggest fills in the suggestions from the curve without its beginning and its end, up to
// the first NaN, as fastai does. It calculates in float32, as fastai's tensors do.
func (f *LRFound) suggest(numIt int) error {
	f.Valley, f.Slide, f.Minimum, f.Steep = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	from, to := numIt/10, len(f.Losses)-5
	var lrs, losses []float32
	for i := from; i < to && !math.IsNaN(f.Losses[i]); i++ {
		lrs = append(lrs, float32(f.LRs[i]))
		losses = append(losses, float32(f.Losses[i]))
	}
	if len(losses) < 2 {
		return f.tooShort(numIt)
	}
	f.Valley, f.Slide, f.Minimum, f.Steep = valley(lrs, losses), slide(lrs, losses), minimum(lrs, losses), steep(lrs, losses)
	return nil
}

// tooShort tells why the curve has too few losses.
func (f *LRFound) tooShort(numIt int) error {
	for i, loss := range f.Losses {
		if math.IsNaN(loss) {
			return fmt.Errorf("fastlearn: LRFind: there is nothing to suggest: the loss was NaN at batch %d, at a rate of %.2g: "+
				"pass a smaller StartLR and EndLR, or look for NaN in the data and the model if the rate is small", i+1, f.LRs[i])
		}
	}
	return fmt.Errorf("fastlearn: LRFind: there is nothing to suggest: it ended after %d of %d batches, where the loss was more than four times its best or a "+
		"callback ended it, and it takes %d: pass a smaller StartLR and EndLR, or NoStopDiv()", len(f.Losses), numIt, numIt/10+7)
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
