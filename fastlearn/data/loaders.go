package data

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Loaders are the loaders of a training and a validation set. Whoever made them
// closes them.
type Loaders struct {
	Train, Valid Loader
	Vocab        []string // the classes' names; nil for numbers
	Device       torch.Device

	target *Encoding // the first; nil for custom loaders
}

// NewLoaders puts together custom loaders; a learner of them needs [fastlearn.LossFunc]. Their batches are put on the device, where the
// model computes. valid may be nil, where there is nothing to validate on.
func NewLoaders(train, valid Loader, device torch.Device) *Loaders {
	if valid == nil {
		valid = noBatches{}
	}
	return &Loaders{Train: train, Valid: valid, Device: device}
}

// noBatches is the loader of a data set without items.
type noBatches struct{}

func (noBatches) Len() int         { return 0 }
func (noBatches) Identity() string { return "none" }
func (noBatches) Close() error     { return nil }
func (noBatches) Batches(context.Context) iter.Seq2[*Batch, error] {
	return func(func(*Batch, error) bool) {}
}

// Outputs returns the number of outputs that a model of the data needs: of classes, or of numbers; 0 for nil loaders.
func (d *Loaders) Outputs() int {
	switch {
	case d == nil:
		return 0
	case d.target == nil:
		return len(d.Vocab)
	}
	return d.target.Outputs
}

// Loss is what the targets imply, nil for custom loaders and for nil.
func (d *Loaders) Loss() loss.Loss {
	if d == nil || d.target == nil {
		return nil
	}
	return d.target.Loss
}

// HasNormalize tells whether the batches are normalised; those of nil loaders aren't.
func (d *Loaders) HasNormalize() bool {
	if d.Check() != nil {
		return false
	}
	dl, ok := d.Train.(*ItemLoader)
	return ok && dl.config.batchTfms.HasNormalize()
}

// AddBatchTfms adds batch transforms to both loaders; it does nothing for nil.
func (d *Loaders) AddBatchTfms(tfms ...vision.BatchTransform) {
	if d == nil {
		return
	}
	for _, l := range []Loader{d.Train, d.Valid} {
		if dl, ok := l.(*ItemLoader); ok {
			dl.config.batchTfms = dl.config.batchTfms.With(tfms...)
		}
	}
}

// OneBatch is a first batch of the training set, which its caller closes.
func (d *Loaders) OneBatch(ctx context.Context) (*Batch, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("data: OneBatch: %w", err)
	}
	return oneBatch(ctx, d.Train, d.Device)
}

// NewDL makes loaders of the same data with other transforms or settings, which their
// caller closes. What opts don't say stays.
func (d *Loaders) NewDL(opts ...LoaderOption) (*Loaders, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("data: NewDL: %w", err)
	}
	train, ok := d.Train.(*ItemLoader)
	valid, ok2 := d.Valid.(*ItemLoader)
	if !ok || !ok2 {
		return nil, errOwnLoaders
	}
	newTrain, err := train.NewDL(opts...)
	if err != nil {
		return nil, err
	}
	newValid, err := newDataLoader(valid.ds, vision.Valid, train.with(opts).forValidation())
	if err != nil {
		return nil, err
	}
	return &Loaders{Train: newTrain, Valid: newValid, Vocab: d.Vocab, Device: newTrain.config.device, target: d.target}, nil
}

var errOwnLoaders = errors.New("data: custom loaders can't make a loader of pictures")

// TestDL makes a loader of other pictures, treated as the validation set is, with labels
// where [Labels] gives them (fastai's test_dl). Its caller closes it.
func (d *Loaders) TestDL(files []string, opts ...LoaderOption) (*ItemLoader, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("data: TestDL: %w", err)
	}
	valid, ok := d.Valid.(*ItemLoader)
	if !ok {
		return nil, errOwnLoaders
	}
	c := valid.with(append([]LoaderOption{CacheBytes(0)}, opts...)) // a cache serves epochs
	if c.withLabels {
		return nil, errors.New("data: TestDL: WithLabels is for the TestDL of a Block: pass Labels")
	}
	sources := make([][]string, len(valid.ds.parts))
	if valid.ds.inputs > 1 {
		return nil, fmt.Errorf("data: TestDL: items have %d inputs, and the files are those of one: use the TestDL of the Block", valid.ds.inputs)
	}
	sources[0], sources[1] = files, c.labels
	if c.labels != nil && len(c.labels) != len(files) {
		return nil, fmt.Errorf("data: TestDL: %d labels for %d pictures", len(c.labels), len(files))
	}
	return valid.test(sources, func(i int) string { return files[i] }, c)
}

// test makes a loader of other items, of which it has the sources of all parts; nil of targets that aren't known.
func (d *ItemLoader) test(sources [][]string, where func(i int) string, c dataConfig) (*ItemLoader, error) {
	c.labels, c.withLabels = nil, false // the parts have them
	ds := &dataset{inputs: d.ds.inputs, parts: make([]part, len(d.ds.parts))}
	for i, p := range d.ds.parts {
		var err error
		if ds.parts[i], err = newPart(p.Encoding, sources[i], where); err != nil {
			return nil, fmt.Errorf("data: TestDL: %w", err)
		}
	}
	return newDataLoader(ds, vision.Valid, c)
}

// Close ends both loaders. It may be called again, on nil too.
func (d *Loaders) Close() (err error) {
	if d == nil {
		return nil
	}
	for _, dl := range []Loader{d.Train, d.Valid} {
		if !guard.IsNil(dl) {
			err = errors.Join(err, guard.Call("Close", dl, dl.Close))
		}
	}
	return err
}

// Channels returns the number of channels of the loaders' images, 3 for custom loaders.
func (d *Loaders) Channels() int64 {
	if d == nil {
		return 3
	}
	if dl, ok := d.Train.(*ItemLoader); ok {
		return int64(dl.ds.parts[0].Decoder.Channels())
	}
	return 3
}
