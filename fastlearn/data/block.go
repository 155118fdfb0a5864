// Package data makes batches of files: a [Block] tells what items and labels are, how they are split and transformed, and makes
// the [Loaders] of a training and a validation set. The From… functions put usual blocks together. A custom [Loader] gives
// batches of anything else.
package data

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Block tells how a list of items becomes batches of pictures with their targets
// (fastai's DataBlock). T is what describes an item: a path, a [Row] of a table, a
// custom struct.
type Block[T any] struct {
	X        ImageBlock              // how pictures are decoded
	Y        TargetBlock             // what labels are; nil is CategoryBlock{}
	GetX     func(T) (string, error) // the picture's file; nil where T is string: the item itself
	GetY     func(T) (string, error) // the picture's label, as its TargetBlock reads it
	Splitter SplitFunc               // nil is RandomSplitter(0.2) with a seed from libtorch's generator
	// All transforms are applied, two of a kind too, of which fastai keeps the last.
	ItemTfms  vision.ItemTransforms
	BatchTfms vision.BatchTransforms
}

// DataLoaders makes the loaders of the training and the validation set. The
// vocabulary comes from the training set, as fastai's does. Without anything to validate
// on, losses and metrics of validation are NaN.
func (b Block[T]) DataLoaders(items []T, opts ...LoaderOption) (*Loaders, error) {
	c := newDataConfig(b.ItemTfms, b.BatchTfms, opts)
	if err := c.check(); err != nil {
		return nil, err
	}
	train, valid, err := b.datasets(items, &c)
	if err != nil {
		return nil, err
	}
	dls := &Loaders{Vocab: train.encoding.vocab, Device: c.device, encoding: train.encoding}
	trainLoader, err := newDataLoader(train, vision.Train, c)
	if err != nil {
		return nil, err
	}
	valid.decoder.Cache = trainLoader.ds.decoder.Cache // one for both
	validLoader, err := newDataLoader(valid, vision.Valid, c.forValidation())
	if err != nil {
		return nil, err
	}
	dls.Train, dls.Valid = trainLoader, validLoader
	return dls, nil
}

// TestDL makes a loader of other items, treated as the validation set of dls is, with
// their labels or without (fastai's test_dl). Its caller closes it.
func (b Block[T]) TestDL(dls *Loaders, items []T, withLabels bool, opts ...LoaderOption) (*ItemLoader, error) {
	if err := dls.Check(); err != nil {
		return nil, fmt.Errorf("data: TestDL: %w", err)
	}
	paths, err := each(items, "GetX", b.GetX, b.path)
	if err != nil {
		return nil, err
	}
	if withLabels {
		labels, err := each(items, "GetY", b.GetY, b.label)
		if err != nil {
			return nil, err
		}
		opts = append(opts[:len(opts):len(opts)], Labels(labels))
	}
	return dls.TestDL(paths, opts...)
}

// datasets finds each item's file and target, and splits them; the weights of c become
// those of the training set.
func (b Block[T]) datasets(items []T, c *dataConfig) (train, valid *dataset, err error) {
	if len(items) == 0 {
		return nil, nil, errors.New("data: no items: is the folder or the table empty?")
	}
	paths, err := each(items, "GetX", b.GetX, b.path)
	if err != nil {
		return nil, nil, err
	}
	labels, err := each(items, "GetY", b.GetY, b.label)
	if err != nil {
		return nil, nil, err
	}
	trainItems, validItems, err := b.split(items, paths)
	if err != nil {
		return nil, nil, err
	}
	if c.weights != nil {
		if err := checkWeights(c.weights, len(items)); err != nil {
			return nil, nil, err
		}
		c.weights = conv.At(c.weights, trainItems)
	}
	y := b.Y
	if y == nil {
		y = CategoryBlock{}
	}
	where := func(set []int) func(i int) string {
		return func(i int) string {
			if row, ok := any(items[set[i]]).(Row); ok {
				return fmt.Sprintf("%s (%s)", row.where(), paths[set[i]])
			}
			return paths[set[i]]
		}
	}
	encoding, err := y.setup(conv.At(labels, trainItems))
	if bad := (*badLabel)(nil); errors.As(err, &bad) {
		err = fmt.Errorf("%s: %w", where(trainItems)(bad.item), err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	train = &dataset{decoder: b.X, encoding: encoding, paths: conv.At(paths, trainItems), places: trainItems}
	valid = &dataset{decoder: b.X, encoding: encoding, paths: conv.At(paths, validItems), places: validItems}
	if err := errors.Join(train.encode(conv.At(labels, trainItems), where(trainItems)), valid.encode(conv.At(labels, validItems), where(validItems))); err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	return train, valid, nil
}

// split divides the items and checks what the splitter says.
func (b Block[T]) split(items []T, paths []string) (train, valid []int, err error) {
	split := b.Splitter
	if split == nil {
		split = RandomSplitter(0.2, randomSeed())
	}
	all := Items{
		Len:  len(items),
		At:   func(i int) any { return items[i] },
		Path: func(i int) string { return paths[i] },
	}
	err = guard.Call("Splitter", (func(Items) ([]int, []int, error))(split), func() (err error) {
		train, valid, err = split(all)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	for _, set := range [][]int{train, valid} {
		for _, i := range set {
			if i < 0 || i >= len(items) {
				return nil, nil, fmt.Errorf("data: the splitter names item %d of %d", i, len(items))
			}
		}
	}
	trains := map[int]bool{}
	for _, i := range train {
		trains[i] = true
	}
	for _, i := range valid {
		if trains[i] {
			return nil, nil, fmt.Errorf("data: the splitter trains and validates on item %d", i)
		}
	}
	if len(train) == 0 {
		return nil, nil, fmt.Errorf("data: the training set of %d items is empty", len(items))
	}
	return train, valid, nil
}

func (b Block[T]) path(item T) (string, error) {
	if b.GetX != nil {
		return b.GetX(item)
	}
	if path, ok := any(item).(string); ok {
		return path, nil
	}
	return "", fmt.Errorf("the data block has no GetX, and a %T isn't a path", item)
}

func (b Block[T]) label(item T) (string, error) {
	if b.GetY == nil {
		return "", errors.New("the data block has no GetY: nothing says what the labels are")
	}
	return b.GetY(item)
}

// each asks get, which calls fn, for all items.
func each[T any](items []T, role string, fn any, get func(T) (string, error)) ([]string, error) {
	out := make([]string, len(items))
	for i, item := range items {
		err := guard.Call(role, fn, func() (err error) {
			out[i], err = get(item)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("data: item %d: %w", i, err)
		}
	}
	return out, nil
}
