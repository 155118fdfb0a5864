package data

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Items is what a splitter sees of a data block's items.
type Items struct {
	Len  int
	At   func(i int) any    // the item itself, of the data block's type
	Path func(i int) string // its picture's file
}

// SplitFunc divides items into those to train on and those to validate on.
type SplitFunc func(Items) (train, valid []int, err error)

// RandomSplitter puts a random part of the items into the validation set: with a seed,
// fastai's very ones. A part that isn't 0 and of which no item comes is an error. libtorch's generator is left as it was found.
func RandomSplitter(validPct float64, seed int64) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if !(validPct >= 0 && validPct <= 1) {
			return nil, nil, fmt.Errorf("RandomSplitter of %v: want a part from 0 to 1", validPct)
		}
		order, err := randPerm(items.Len, seed)
		cut := int(validPct * float64(items.Len))
		if err == nil && cut == 0 && validPct > 0 && items.Len > 0 {
			err = noneToValidate("RandomSplitter", validPct, items.Len)
		}
		return order[cut:], order[:cut], err
	}
}

// RandomSubsetSplitter takes random parts of the items, trainSize to train and
// validSize to validate on, and leaves the rest: fastai's very ones.
func RandomSubsetSplitter(trainSize, validSize float64, seed int64) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if !(trainSize > 0 && trainSize < 1 && validSize > 0 && validSize < 1 && trainSize+validSize <= 1) {
			return nil, nil, fmt.Errorf("RandomSubsetSplitter of %v and %v: want parts between 0 and 1, together at most 1", trainSize, validSize)
		}
		order, err := randPerm(items.Len, seed)
		a, b := int(float64(items.Len)*trainSize), int(float64(items.Len)*validSize)
		if err == nil && b == 0 && items.Len > 0 {
			err = noneToValidate("RandomSubsetSplitter", validSize, items.Len)
		}
		return order[:a], order[a : a+b], err
	}
}

// randPerm is torch.randperm(n) after torch.manual_seed(seed).
func randPerm(n int, seed int64) (order []int, err error) {
	order = make([]int, n)
	err = torch.Try(func() {
		state := torch.RNGState(torch.CPU)
		defer state.Close()
		defer torch.SetRNGState(torch.CPU, state)
		torch.ManualSeed(uint64(seed))
		s := torch.NewScope()
		defer s.Close()
		order = conv.Ints(s.RandPerm(int64(n)))
	})
	return order, err
}

// randomSeed draws a splitter's seed from libtorch's generator.
func randomSeed() int64 { return int64(torch.RandomSeed() >> 1) }

// TrainTestSplitter puts a part of the items into the validation set, in the same
// proportion for each label where stratify gives every item's label, else regardless
// (fastai's TrainTestSplitter; the items are others than scikit-learn's, their number for
// each label is the same but for its random ties).
func TrainTestSplitter(testSize float64, seed int64, stratify []string) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		n := items.Len
		switch {
		case !(testSize > 0 && testSize < 1):
			return nil, nil, fmt.Errorf("TrainTestSplitter of %v: want a part between 0 and 1", testSize)
		case stratify != nil && len(stratify) != n:
			return nil, nil, fmt.Errorf("TrainTestSplitter: %d labels to stratify %d items by", len(stratify), n)
		}
		groups := map[string][]int{}
		for i := range n {
			label := ""
			if stratify != nil {
				label = stratify[i]
			}
			groups[label] = append(groups[label], i)
		}
		test := int(math.Ceil(testSize * float64(n)))
		labels := slices.Sorted(maps.Keys(groups))
		if stratify != nil && min(test, n-test) < len(labels) {
			return nil, nil, fmt.Errorf("TrainTestSplitter: %d items to train and %d to validate on, less than the %d labels", n-test, test, len(labels))
		}
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		for i, keep := range trainShares(groups, labels, n-test, n) {
			group := groups[labels[i]]
			if stratify != nil && len(group) < 2 {
				return nil, nil, fmt.Errorf("TrainTestSplitter: only one item has the label %q: it can't be in both sets", labels[i])
			}
			rng.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
			train = append(train, group[:keep]...)
			valid = append(valid, group[keep:]...)
		}
		rng.Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
		rng.Shuffle(len(valid), func(i, j int) { valid[i], valid[j] = valid[j], valid[i] })
		return train, valid, nil
	}
}

// trainShares is how many of each label's items are trained on: together train, each its
// part of them rounded down, and one more for those that lost most by it.
func trainShares(groups map[string][]int, labels []string, train, n int) []int {
	shares, lost, given := make([]int, len(labels)), make([]float64, len(labels)), 0
	order := make([]int, len(labels))
	for i, l := range labels {
		exact := float64(train) * float64(len(groups[l])) / float64(n)
		shares[i], order[i] = int(exact), i
		lost[i] = exact - float64(shares[i])
		given += shares[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost[b], lost[a]) })
	for _, i := range order[:max(train-given, 0)] {
		shares[i]++
	}
	return shares
}

// EndSplitter validates on a part at the end of the items (fastai's EndSplitter).
func EndSplitter(validPct float64) SplitFunc {
	return edgeSplitter("EndSplitter", validPct, func(i, n, cut int) bool { return i >= n-cut })
}

// StartSplitter validates on a part at the start of the items (fastai's EndSplitter with valid_last=False).
func StartSplitter(validPct float64) SplitFunc {
	return edgeSplitter("StartSplitter", validPct, func(i, n, cut int) bool { return i < cut })
}

// edgeSplitter validates on the items i of n that valid tells, cut of them.
func edgeSplitter(name string, validPct float64, valid func(i, n, cut int) bool) SplitFunc {
	return func(items Items) ([]int, []int, error) {
		if !(validPct > 0 && validPct < 1) {
			return nil, nil, fmt.Errorf("%s of %v: want a part between 0 and 1", name, validPct)
		}
		cut := int(validPct * float64(items.Len))
		if cut == 0 && items.Len > 0 {
			return nil, nil, noneToValidate(name, validPct, items.Len)
		}
		return byMask(items, func(i int) (bool, error) { return valid(i, items.Len, cut), nil })
	}
}

// noneToValidate is the error of a part that is less than an item.
func noneToValidate(splitter string, part float64, n int) error {
	return fmt.Errorf("%s: %v of %s is none to validate on: choose a larger part, or IndexSplitter(nil) to validate on nothing", splitter, part, scale.Plural(n, "item"))
}

// IndexSplitter validates on the items of these numbers and trains on the others.
func IndexSplitter(valid []int) SplitFunc {
	return func(items Items) ([]int, []int, error) {
		in := map[int]bool{}
		for _, i := range valid {
			in[i] = true
		}
		train, _, err := byMask(items, func(i int) (bool, error) { return in[i], nil })
		return train, slices.Clone(valid), err
	}
}

// MaskSplitter validates on the items for which the mask is true.
func MaskSplitter(mask []bool) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if len(mask) != items.Len {
			return nil, nil, fmt.Errorf("MaskSplitter: a mask of %d for %d items", len(mask), items.Len)
		}
		return byMask(items, func(i int) (bool, error) { return mask[i], nil })
	}
}
