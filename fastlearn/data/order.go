package data

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Sampler chooses the items of a training epoch, in place of shuffling; see [SampleBy].
type Sampler interface {
	// Sample returns an epoch's n places among n items, in its order; some may come twice and others not at all. It draws from
	// rng alone, so that an epoch can be repeated: all processes of a distributed fit draw alike.
	Sample(n int, rng *rand.Rand) []int
}

// SampleBy has a sampler choose the items of each training epoch. A checkpoint knows it by its type, or by what a method
// Identity() string says.
func SampleBy(s Sampler) LoaderOption {
	return func(c *dataConfig) {
		if guard.IsNil(s) {
			panic(fmt.Errorf("SampleBy: the sampler is nil"))
		}
		c.sampler = s
	}
}

// sampler is what orders an epoch's items.
func (c dataConfig) samples() Sampler {
	switch {
	case c.unique:
		return always(0)
	case c.sampler != nil:
		return c.sampler
	case c.shuffle && c.weights != nil:
		return weighted(c.weights)
	case c.shuffle:
		return shuffled{}
	}
	return inOrder{}
}

// order is an epoch's order of the items of all processes.
func (d *ItemLoader) order(seed uint64) (order []int, err error) {
	n, s := len(d.ds.files()), d.config.samples()
	err = guard.Call("Sample", s, func() error {
		order = s.Sample(n, rand.New(rand.NewPCG(seed, 0)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if len(order) != n {
		return nil, fmt.Errorf("data: %T.Sample gave %d places of %d items: want as many", s, len(order), n)
	}
	for _, i := range order {
		if i < 0 || i >= n {
			return nil, fmt.Errorf("data: %T.Sample gave the place %d of %d items", s, i, n)
		}
	}
	return order, nil
}

// inOrder takes the items as they come, shuffled in a random order, always one of them.
type (
	inOrder  struct{}
	shuffled struct{}
	always   int
)

func (inOrder) Sample(n int, _ *rand.Rand) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func (shuffled) Sample(n int, rng *rand.Rand) []int { return rng.Perm(n) }

func (a always) Sample(n int, _ *rand.Rand) []int { return slices.Repeat([]int{int(a)}, n) }

// weighted draws as many items as there are, each with its weight, with replacement.
type weighted []float64

func (w weighted) Sample(n int, rng *rand.Rand) []int {
	sums := make([]float64, n)
	sum := 0.0
	for i, v := range w {
		sum += v
		sums[i] = sum
	}
	order := make([]int, n)
	for i := range order {
		order[i], _ = slices.BinarySearch(sums, rng.Float64()*sum)
		for w[order[i]] == 0 { // the draw was a boundary
			order[i]++
		}
	}
	return order
}
