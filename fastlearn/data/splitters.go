package data

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
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

// EndSplitter validates on a part at the end of the items, or at their start (fastai's
// EndSplitter).
func EndSplitter(validPct float64, validLast bool) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if !(validPct > 0 && validPct < 1) {
			return nil, nil, fmt.Errorf("EndSplitter of %v: want a part between 0 and 1", validPct)
		}
		cut := int(validPct * float64(items.Len))
		if cut == 0 && items.Len > 0 {
			return nil, nil, noneToValidate("EndSplitter", validPct, items.Len)
		}
		return byMask(items, func(i int) (bool, error) {
			if validLast {
				return i >= items.Len-cut, nil
			}
			return i < cut, nil
		})
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

// FuncSplitter validates on the items for which f is true; one that is true of none is an error. T is the data block's.
func FuncSplitter[T any](f func(T) bool) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		if f == nil {
			return nil, nil, errors.New("FuncSplitter(nil): want a function")
		}
		train, valid, err = byMask(items, func(i int) (is bool, err error) {
			item, ok := items.At(i).(T)
			if !ok {
				return false, fmt.Errorf("FuncSplitter: items are %T, and its function takes %T", items.At(i), item)
			}
			err = guard.Call("FuncSplitter", f, func() error { is = f(item); return nil })
			return is, err
		})
		if err == nil && len(valid) == 0 && items.Len > 0 {
			err = fmt.Errorf("FuncSplitter: its function is true of none of %s: there is nothing to validate on", scale.Plural(items.Len, "item"))
		}
		return train, valid, err
	}
}

// GrandparentSplitter goes by the folder that the picture's folder lies in:
// train/daisy/1.jpg, valid/daisy/2.jpg. Pictures in other folders are left out.
func GrandparentSplitter(train, valid string) SplitFunc {
	return func(items Items) ([]int, []int, error) {
		in := func(name string) (out []int) {
			for i := range items.Len {
				if filepath.Base(filepath.Dir(filepath.Dir(items.Path(i)))) == name {
					out = append(out, i)
				}
			}
			return out
		}
		t, v := in(train), in(valid)
		if len(t) == 0 || len(v) == 0 {
			return nil, nil, fmt.Errorf("GrandparentSplitter: %d pictures lie below a folder %s and %d below %s", len(t), train, len(v), valid)
		}
		return t, v, nil
	}
}

// FileSplitter validates on the pictures whose files are named in a text file, a name
// a line, without folders.
func FileSplitter(path string) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		data, err := diskfile.ReadFile(path)
		if err != nil {
			return nil, nil, fmt.Errorf("FileSplitter: %w", err)
		}
		named := map[string]bool{}
		for name := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
			named[name] = true
		}
		train, valid, err = byMask(items, func(i int) (bool, error) { return named[filepath.Base(items.Path(i))], nil })
		if err == nil && len(valid) == 0 {
			err = fmt.Errorf("FileSplitter: %s names none of the %d pictures", path, items.Len)
		}
		return train, valid, err
	}
}

// ColSplitter validates on the rows whose column is true: true, 1 or yes in any case,
// or, where values are given, one of them. Items must be [Row]. Anything but these and
// false, 0 and no is refused, where fastai takes what is not empty for true; so are a value that no row has, and a column
// that is true nowhere.
func ColSplitter(col string, values ...string) SplitFunc {
	return func(items Items) (train, valid []int, err error) {
		there := map[string]bool{}
		train, valid, err = byMask(items, func(i int) (bool, error) {
			row, ok := items.At(i).(Row)
			if !ok {
				return false, fmt.Errorf("ColSplitter: items are %T, want the rows of a table", items.At(i))
			}
			v, err := row.Get(col)
			if there[v] = true; err != nil {
				return false, fmt.Errorf("ColSplitter: %w", err)
			}
			if len(values) > 0 {
				return slices.Contains(values, v), nil
			}
			return truth(v, row, col)
		})
		if err != nil || items.Len == 0 {
			return nil, nil, err
		}
		first := items.At(0).(Row) // byMask saw that it is one
		for _, v := range values {
			if !there[v] {
				return nil, nil, fmt.Errorf("ColSplitter: no row of %s has %q in the column %q: there are %s", first.table.name, v, col, someOf(slices.Sorted(maps.Keys(there))))
			}
		}
		if len(valid) == 0 {
			return nil, nil, fmt.Errorf("ColSplitter: the column %q of %s is true in no row: there is nothing to validate on", col, first.table.name)
		}
		return train, valid, nil
	}
}

func truth(v string, row Row, col string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "1", "1.0", "yes":
		return true, nil
	case "false", "0", "0.0", "no":
		return false, nil
	}
	return false, fmt.Errorf("ColSplitter: %s, column %q: %q is neither true nor false", row.where(), col, v)
}

func byMask(items Items, in func(i int) (bool, error)) (train, valid []int, err error) {
	for i := range items.Len {
		v, err := in(i)
		if err != nil {
			return nil, nil, err
		}
		if v {
			valid = append(valid, i)
		} else {
			train = append(train, i)
		}
	}
	return train, valid, nil
}
