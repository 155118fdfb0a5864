package fastlearn

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/vision"
)

// DataBlock says how a list of items becomes batches of pictures with their targets
// (fastai's DataBlock). T is what describes an item: a path, a [Row] of a table, a
// struct of one's own.
type DataBlock[T any] struct {
	X         ImageBlock              // how pictures are decoded
	Y         TargetBlock             // what labels are; nil is CategoryBlock{}
	GetX      func(T) (string, error) // the picture's file; nil where T is string: the item itself
	GetY      func(T) (string, error) // the picture's label, as its TargetBlock reads it
	Splitter  SplitFunc               // nil is RandomSplitter(0.2) with a seed from libtorch's generator
	ItemTfms  vision.ItemTransforms
	BatchTfms vision.BatchTransforms
}

// DataLoaders makes the loaders of the training and the validation set. The
// vocabulary comes from the training set, as fastai's does.
func (b DataBlock[T]) DataLoaders(items []T, opts ...DataOption) (*DataLoaders, error) {
	c := newDataConfig(opts)
	c.itemTfms, c.batchTfms = b.ItemTfms, b.BatchTfms
	if err := c.check(); err != nil {
		return nil, err
	}
	sets, err := b.datasets(items)
	if err != nil {
		return nil, err
	}
	train, valid := sets.train, sets.valid
	c.weights, err = c.trainWeights(len(items), sets.trainItems)
	if err != nil {
		return nil, err
	}
	if len(valid.paths) == 0 {
		return nil, fmt.Errorf("fastlearn: the validation set of %d pictures is empty", len(items))
	}
	dls := &DataLoaders{Vocab: train.encoding.vocab, Device: c.device, encoding: train.encoding}
	trainLoader, err := newDataLoader(train, vision.Train, c)
	if err != nil {
		return nil, err
	}
	validLoader, err := newDataLoader(valid, vision.Valid, c.forValidation())
	if err != nil {
		return nil, err
	}
	dls.Train, dls.Valid = trainLoader, validLoader
	return dls, nil
}

// splitSets are a block's data sets, and which items the training set is made of.
type splitSets struct {
	train, valid *dataset
	trainItems   []int
}

// datasets finds each item's file and target, and splits them.
func (b DataBlock[T]) datasets(items []T) (*splitSets, error) {
	if len(items) == 0 {
		return nil, errors.New("fastlearn: no items: is the folder or the table empty?")
	}
	if b.GetY == nil {
		return nil, errors.New("fastlearn: the data block has no GetY: nothing says what the labels are")
	}
	paths, labels := make([]string, len(items)), make([]string, len(items))
	for i, item := range items {
		var err error
		if paths[i], err = b.path(item); err == nil {
			labels[i], err = b.GetY(item)
		}
		if err != nil {
			return nil, fmt.Errorf("fastlearn: item %d: %w", i, err)
		}
	}
	train, valid, err := b.split(items, paths)
	if err != nil {
		return nil, err
	}
	y := b.Y
	if y == nil {
		y = CategoryBlock{}
	}
	encoding, err := y.setup(pick(labels, train))
	if err != nil {
		return nil, fmt.Errorf("fastlearn: %w", err)
	}
	sets := &splitSets{
		train:      &dataset{decoder: b.X, encoding: encoding, paths: pick(paths, train)},
		valid:      &dataset{decoder: b.X, encoding: encoding, paths: pick(paths, valid)},
		trainItems: train,
	}
	if err := errors.Join(sets.train.encode(pick(labels, train)), sets.valid.encode(pick(labels, valid))); err != nil {
		return nil, fmt.Errorf("fastlearn: %w", err)
	}
	return sets, nil
}

// split divides the items and checks what the splitter says.
func (b DataBlock[T]) split(items []T, paths []string) (train, valid []int, err error) {
	split := b.Splitter
	if split == nil {
		split = RandomSplitter(0.2, randomSeed())
	}
	train, valid, err = split(Items{
		Len:  len(items),
		At:   func(i int) any { return items[i] },
		Path: func(i int) string { return paths[i] },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("fastlearn: %w", err)
	}
	for _, set := range [][]int{train, valid} {
		for _, i := range set {
			if i < 0 || i >= len(items) {
				return nil, nil, fmt.Errorf("fastlearn: the splitter names item %d of %d", i, len(items))
			}
		}
	}
	return train, valid, nil
}

func (b DataBlock[T]) path(item T) (string, error) {
	if b.GetX != nil {
		return b.GetX(item)
	}
	if path, ok := any(item).(string); ok {
		return path, nil
	}
	return "", fmt.Errorf("the data block has no GetX, and a %T is no path", item)
}

func pick[T any](all []T, items []int) []T {
	out := make([]T, len(items))
	for i, item := range items {
		out[i] = all[item]
	}
	return out
}
