package fastlearn

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// DataLoaders are the loaders of a training and a validation set. Whoever made them
// closes them.
type DataLoaders struct {
	Train, Valid Loader
	Vocab        []string // the classes' names
	Device       torch.Device

	loss   Loss
	config dataConfig
}

// NewDataLoaders puts together loaders of one's own; a learner of them needs [LossFunc].
func NewDataLoaders(train, valid Loader, device torch.Device) *DataLoaders {
	return &DataLoaders{Train: train, Valid: valid, Device: device}
}

// C is the number of classes.
func (d *DataLoaders) C() int { return len(d.Vocab) }

// Loss is what the labels imply, nil for loaders of one's own.
func (d *DataLoaders) Loss() Loss { return d.loss }

// HasNormalize tells whether the batches are normalised.
func (d *DataLoaders) HasNormalize() bool {
	dl, ok := d.Train.(*DataLoader)
	return ok && dl.batchTfms.HasNormalize()
}

// AddBatchTfms adds batch transforms to both loaders.
func (d *DataLoaders) AddBatchTfms(tfms ...vision.BatchTransform) {
	for _, l := range []Loader{d.Train, d.Valid} {
		if dl, ok := l.(*DataLoader); ok {
			dl.batchTfms = dl.batchTfms.With(tfms...)
		}
	}
}

// TestDL makes a loader of pictures without labels, treated as the validation set is.
func (d *DataLoaders) TestDL(paths []string) (*DataLoader, error) {
	valid, ok := d.Valid.(*DataLoader)
	if !ok {
		return nil, errors.New("fastlearn: loaders of one's own can't make a loader of pictures")
	}
	return newDataLoader(&dataset{paths: paths}, valid.itemTfms, valid.batchTfms, vision.Valid, d.config), nil
}

// Close ends both loaders. It may be called again.
func (d *DataLoaders) Close() error { return errors.Join(d.Train.Close(), d.Valid.Close()) }

// DataOption changes a default of a DataBlock's loaders.
type DataOption func(*dataConfig)

type dataConfig struct {
	batchSize, workers, prefetch int
	device                       torch.Device
}

func newDataConfig(opts []DataOption) dataConfig {
	c := dataConfig{batchSize: 64, workers: runtime.GOMAXPROCS(0), prefetch: 2, device: torch.DefaultDevice()}
	for _, opt := range opts {
		opt(&c)
	}
	return c
}

func (c dataConfig) check() error {
	switch {
	case c.batchSize < 1:
		return fmt.Errorf("fastlearn: BatchSize(%d): want 1 or more", c.batchSize)
	case c.workers < 0:
		return fmt.Errorf("fastlearn: Workers(%d): want 0 or more", c.workers)
	case c.prefetch < 0:
		return fmt.Errorf("fastlearn: Prefetch(%d): want 0 or more", c.prefetch)
	}
	return c.device.Check()
}

func (dataConfig) splitSeed() uint64 { return torch.RandomSeed() }

// BatchSize is the number of pictures in a batch, 64 without it.
func BatchSize(n int) DataOption { return func(c *dataConfig) { c.batchSize = n } }

// OnDevice is where batches go: the first GPU that works, else the CPU, without it.
func OnDevice(d torch.Device) DataOption { return func(c *dataConfig) { c.device = d } }

// Workers is the number of goroutines that decode, that of the processors without it.
func Workers(n int) DataOption { return func(c *dataConfig) { c.workers = n } }

// Prefetch is the number of batches that are prepared ahead, 2 without it.
func Prefetch(n int) DataOption { return func(c *dataConfig) { c.prefetch = n } }
