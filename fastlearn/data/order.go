package data

import (
	"math/rand/v2"
	"slices"
)

// order is an epoch's order of the items of all processes.
func (d *ItemLoader) order(seed uint64) []int {
	n, rng := len(d.ds.paths), rand.New(rand.NewPCG(seed, 0))
	switch {
	case d.config.unique:
		return make([]int, n)
	case d.config.shuffle && d.config.weights != nil:
		return weighted(d.config.weights, rng)
	case d.config.shuffle:
		return rng.Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// weighted draws as many items as there are, each with its weight, with replacement.
func weighted(weights []float64, rng *rand.Rand) []int {
	sums := make([]float64, len(weights))
	sum := 0.0
	for i, w := range weights {
		sum += w
		sums[i] = sum
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i], _ = slices.BinarySearch(sums, rng.Float64()*sum)
		for weights[order[i]] == 0 { // the draw was a boundary
			order[i]++
		}
	}
	return order
}
