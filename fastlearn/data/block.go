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
	X    ImageBlock              // how pictures are decoded
	Y    TransformBlock          // what labels are; nil is CategoryBlock{}
	GetX func(T) (string, error) // the picture's file; nil where T is string: the item itself
	GetY func(T) (string, error) // the picture's label, or whatever Y makes the target of

	// Further inputs of the model, after the picture, and further targets, after Y. Where pictures, masks and points are cut,
	// turned or tilted, all of an item's are alike: each transform draws once for them (fastai's n_inp is 1+len(Inputs)).
	Inputs, Targets []Part[T]

	Splitter SplitFunc // nil is RandomSplitter(0.2) with a seed from libtorch's generator
	// All transforms are applied, two of a kind too, of which fastai keeps the last.
	ItemTfms  vision.ItemTransforms
	BatchTfms vision.BatchTransforms
}

// DataLoaders makes the loaders of the training and the validation set. The
// vocabulary comes from the training set, as fastai's does. Without anything to validate
// on, losses and metrics of validation are NaN.
func (b Block[T]) DataLoaders(items []T, opts ...LoaderOption) (*Loaders, error) {
	c := newDataConfig(b.ItemTfms, b.BatchTfms, opts)
	if err := errors.Join(c.check(), c.notOfTests()); err != nil {
		return nil, err
	}
	train, valid, err := b.datasets(items, &c)
	if err != nil {
		return nil, err
	}
	dls := &Loaders{Vocab: train.target().Vocab, Device: c.device, target: train.target().Encoding}
	trainLoader, err := newDataLoader(train, vision.Train, c)
	if err != nil {
		return nil, err
	}
	valid.cache = trainLoader.ds.cache // one for both
	validLoader, err := newDataLoader(valid, vision.Valid, c.forValidation())
	if err != nil {
		return nil, err
	}
	dls.Train, dls.Valid = trainLoader, validLoader
	return dls, nil
}

// TestDL makes a loader of other items, treated as the validation set of dls is, with
// their labels where [WithLabels] says so (fastai's test_dl). Its caller closes it.
func (b Block[T]) TestDL(dls *Loaders, items []T, opts ...LoaderOption) (*ItemLoader, error) {
	if err := dls.Check(); err != nil {
		return nil, fmt.Errorf("data: TestDL: %w", err)
	}
	valid, ok := dls.Valid.(*ItemLoader)
	if !ok {
		return nil, errOwnLoaders
	}
	parts := b.parts()
	if len(parts) != len(valid.ds.parts) || 1+len(b.Inputs) != valid.ds.inputs {
		return nil, fmt.Errorf("data: TestDL: the block's items have %d parts, and those of the loaders %d: it isn't the block that made them", len(parts), len(valid.ds.parts))
	}
	c := valid.with(append([]LoaderOption{CacheBytes(0)}, opts...)) // a cache serves epochs
	if c.labels != nil {
		return nil, errors.New("data: TestDL of a Block: Labels is for the TestDL of loaders: pass WithLabels, and GetY gives them")
	}
	sources := make([][]string, len(parts))
	for i, p := range parts {
		if i >= valid.ds.inputs && !c.withLabels {
			break
		}
		var err error
		if sources[i], err = p.of(items); err != nil {
			return nil, err
		}
	}
	return valid.test(sources, func(i int) string { return sources[0][i] }, c)
}

// datasets finds the sources of each item's parts, and splits them; the weights of c become
// those of the training set.
func (b Block[T]) datasets(items []T, c *dataConfig) (train, valid *dataset, err error) {
	if len(items) == 0 {
		return nil, nil, errors.New("data: no items: is the folder or the table empty?")
	}
	parts := b.parts()
	sources := make([][]string, len(parts))
	for i, p := range parts {
		if sources[i], err = p.of(items); err != nil {
			return nil, nil, err
		}
	}
	paths := sources[0]
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
	where := func(set []int) func(i int) string {
		return func(i int) string {
			if row, ok := any(items[set[i]]).(Row); ok {
				return fmt.Sprintf("%s (%s)", row.where(), paths[set[i]])
			}
			return paths[set[i]]
		}
	}
	set := dataset{inputs: 1 + len(b.Inputs), cache: b.X.Cache}
	train, valid = &set, new(dataset)
	*valid = set
	train.places, valid.places = trainItems, validItems
	for i, p := range parts {
		encoding, err := setup(p.block, conv.At(sources[i], trainItems))
		if bad := (*badLabel)(nil); errors.As(err, &bad) {
			err = fmt.Errorf("%s: %w", where(trainItems)(bad.item), err)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("data: %w", err)
		}
		ofTrain, err := newPart(encoding, conv.At(sources[i], trainItems), where(trainItems))
		ofValid, err2 := newPart(encoding, conv.At(sources[i], validItems), where(validItems))
		if err := errors.Join(err, err2); err != nil {
			return nil, nil, fmt.Errorf("data: %w", err)
		}
		train.parts, valid.parts = append(train.parts, ofTrain), append(valid.parts, ofValid)
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
