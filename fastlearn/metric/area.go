package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

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
