package fastlearn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/vision"
)

// DataBlock says how a list of items becomes batches of pictures with their classes
// (fastai's DataBlock). T is what describes an item: a path, a row of a table, a
// struct of one's own.
type DataBlock[T any] struct {
	GetX      func(T) (string, error) // the picture's file; nil where T is string: the item itself
	GetY      func(T) (string, error) // the picture's label
	Splitter  SplitFunc               // nil is RandomSplitter(0.2) with a seed from libtorch's generator
	ItemTfms  vision.ItemTransforms
	BatchTfms vision.BatchTransforms
}

// DataLoaders makes the loaders of the training and the validation set. Classes are
// the sorted labels of all items. Options: [BatchSize], [OnDevice], [Workers], [Prefetch].
func (b DataBlock[T]) DataLoaders(items []T, opts ...DataOption) (*DataLoaders, error) {
	c := newDataConfig(opts)
	if err := errors.Join(c.check(), b.ItemTfms.Check(), b.BatchTfms.Check()); err != nil {
		return nil, err
	}
	ds, vocab, err := b.dataset(items)
	if err != nil {
		return nil, err
	}
	split := b.Splitter
	if split == nil {
		split = RandomSplitter(0.2, int64(c.splitSeed()))
	}
	train, valid, err := split(len(items))
	if err != nil {
		return nil, err
	}
	switch {
	case len(train) < c.batchSize:
		return nil, fmt.Errorf("fastlearn: a batch of %d is larger than the training set of %d pictures: pass a smaller BatchSize", c.batchSize, len(train))
	case len(valid) == 0:
		return nil, fmt.Errorf("fastlearn: the validation set of %d pictures is empty", len(items))
	}
	dls := &DataLoaders{Vocab: vocab, Device: c.device, loss: CrossEntropy{}, config: c}
	dls.Train = newDataLoader(ds.subset(train), b.ItemTfms, b.BatchTfms, vision.Train, c)
	dls.Valid = newDataLoader(ds.subset(valid), b.ItemTfms, b.BatchTfms, vision.Valid, c)
	return dls, nil
}

// dataset finds each item's file and class.
func (b DataBlock[T]) dataset(items []T) (*dataset, []string, error) {
	if len(items) == 0 {
		return nil, nil, fmt.Errorf("fastlearn: no items: is the folder or the table empty?")
	}
	if b.GetY == nil {
		return nil, nil, fmt.Errorf("fastlearn: the data block has no GetY: nothing says what the labels are")
	}
	ds := &dataset{}
	labels := make([]string, len(items))
	for i, item := range items {
		path, err := b.path(item)
		if err != nil {
			return nil, nil, fmt.Errorf("fastlearn: item %d: %w", i, err)
		}
		if labels[i], err = b.GetY(item); err != nil {
			return nil, nil, fmt.Errorf("fastlearn: item %d: %w", i, err)
		}
		ds.paths = append(ds.paths, path)
	}
	vocab := slices.Compact(slices.Sorted(slices.Values(labels)))
	if len(vocab) < 2 {
		return nil, nil, fmt.Errorf("fastlearn: all %d pictures have one label, %q: there is nothing to tell apart", len(items), vocab[0])
	}
	for _, l := range labels {
		class, _ := slices.BinarySearch(vocab, l)
		ds.targets = append(ds.targets, int64(class))
	}
	return ds, vocab, nil
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
