package data

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// LoaderOption changes a default of loaders.
type LoaderOption func(*dataConfig)

type dataConfig struct {
	batchSize, validBatchSize int
	workers, prefetch         int
	device                    torch.Device
	shuffle                   bool
	dropLast                  *bool // nil: as shuffle
	weights                   []float64
	sampler                   Sampler
	cacheBytes                int64
	skip                      bool
	itemTfms                  vision.ItemTransforms
	batchTfms                 vision.BatchTransforms
	labels                    []string // of a TestDL
	withLabels                bool     // of a Block's TestDL
	unique                    bool
	err                       error // of the options
}

func newDataConfig(items vision.ItemTransforms, batch vision.BatchTransforms, opts []LoaderOption) dataConfig {
	c := dataConfig{batchSize: 64, workers: runtime.GOMAXPROCS(0), prefetch: 2, device: torch.DefaultDevice(), shuffle: true,
		itemTfms: items, batchTfms: batch}
	c.set(opts)
	return c
}

func (c *dataConfig) set(opts []LoaderOption) {
	c.err = errors.Join(c.err, guard.Options("data: loaders", opts, func(o LoaderOption) { o(c) }))
}

// forValidation are the same settings for a loader in whose order nothing is random.
func (c dataConfig) forValidation() dataConfig {
	c.shuffle, c.dropLast, c.weights, c.sampler = false, nil, nil, nil
	c.useValidBatchSize()
	return c
}

func (c *dataConfig) useValidBatchSize() {
	if c.validBatchSize != 0 {
		c.batchSize, c.validBatchSize = c.validBatchSize, 0
	}
}

func (c dataConfig) dropsLast() bool {
	if c.dropLast != nil {
		return *c.dropLast
	}
	return c.shuffle
}

func (c dataConfig) check() error {
	switch {
	case c.err != nil:
		return c.err
	case c.batchSize < 1:
		return fmt.Errorf("data: BatchSize(%d): want 1 or more", c.batchSize)
	case c.validBatchSize < 0:
		return fmt.Errorf("data: ValidBatchSize(%d): want 1 or more", c.validBatchSize)
	case c.workers < 0:
		return fmt.Errorf("data: Workers(%d): want 0 or more", c.workers)
	case c.prefetch < 0:
		return fmt.Errorf("data: Prefetch(%d): want 0 or more", c.prefetch)
	case c.cacheBytes < 0:
		return fmt.Errorf("data: CacheBytes(%d): want 0 or more", c.cacheBytes)
	}
	return errors.Join(c.device.Check(), c.itemTfms.Check(), c.batchTfms.Check())
}

// notOfTests refuses the options that a test loader alone heeds.
func (c dataConfig) notOfTests() error {
	if c.labels != nil || c.withLabels {
		return errors.New("data: Labels and WithLabels are for a TestDL: other loaders have the labels of their items")
	}
	return nil
}

// checkWeights tells what is wrong with the weights of n items.
func checkWeights(weights []float64, n int) error {
	if weights == nil {
		return nil
	}
	if len(weights) != n {
		return fmt.Errorf("data: %d SampleWeights for %d items", len(weights), n)
	}
	sum := 0.0
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return fmt.Errorf("data: item %d has the weight %v: want 0 or more", i, w)
		}
		sum += w
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return fmt.Errorf("data: the SampleWeights add up to %v: want a number above 0", sum)
	}
	return nil
}

// BatchSize sets the number of pictures in a batch (default 64).
func BatchSize(n int) LoaderOption { return func(c *dataConfig) { c.batchSize = n } }

// ValidBatchSize is [BatchSize] for validation (default the same) (fastai's val_bs).
func ValidBatchSize(n int) LoaderOption { return func(c *dataConfig) { c.validBatchSize = n } }

// OnDevice sets the device for batches. The default is the first working GPU, otherwise the CPU.
func OnDevice(d torch.Device) LoaderOption { return func(c *dataConfig) { c.device = d } }

// Workers sets the number of decoding goroutines (default GOMAXPROCS).
// Decoding never runs in the goroutine that trains: 0 does as 1.
func Workers(n int) LoaderOption { return func(c *dataConfig) { c.workers = n } }

// Prefetch sets the number of batches that are prepared ahead (default 2).
func Prefetch(n int) LoaderOption { return func(c *dataConfig) { c.prefetch = n } }

// Shuffle takes the items in a random order, which is what training does by default.
func Shuffle() LoaderOption { return func(c *dataConfig) { c.shuffle = true } }

// NoShuffle takes the items in their order.
func NoShuffle() LoaderOption { return func(c *dataConfig) { c.shuffle = false } }

// DropLast leaves out the last batch of training if it is smaller than the others. That is the default where training shuffles.
// Batch norms can't be trained on a batch of one item if they see one value per channel: a fit refuses to begin then.
func DropLast() LoaderOption { return dropLast(true) }

// KeepLast trains on the last batch too if it is smaller than the others. That is the default without shuffling.
func KeepLast() LoaderOption { return dropLast(false) }

func dropLast(on bool) LoaderOption { return func(c *dataConfig) { c.dropLast = &on } }

// SampleWeights draws the items of a training epoch at random, with replacement, in proportion
// to their weights; w has one of each item of the source, in its order, for a NewDL one
// of each item to train on (fastai's weighted_dataloaders). Without shuffling the weights
// are not heeded.
func SampleWeights(w []float64) LoaderOption { return func(c *dataConfig) { c.weights = w } }

// CacheBytes keeps decoded pictures of at most n bytes in memory, from the first epoch on;
// the batches are the same. Loaders made by NewDL share them. Without it nothing is kept.
func CacheBytes(n int64) LoaderOption { return func(c *dataConfig) { c.cacheBytes = n } }

// ItemTfms replaces the transforms of one picture.
func ItemTfms(tfms ...vision.ItemTransform) LoaderOption {
	return func(c *dataConfig) { c.itemTfms = vision.Item(tfms...) }
}

// BatchTfms replaces the transforms of a batch.
func BatchTfms(b vision.BatchTransforms) LoaderOption {
	return func(c *dataConfig) { c.batchTfms = b }
}

// Unique fills all batches with one picture, the first, which training augments anew each
// time (fastai's show_batch(unique=True)).
func Unique() LoaderOption { return func(c *dataConfig) { c.unique = true } }

// WithLabels has a [Block.TestDL] get the items' labels as well (fastai's with_labels).
func WithLabels() LoaderOption { return func(c *dataConfig) { c.withLabels = true } }

// Labels gives the pictures of a [Loaders.TestDL] their labels.
func Labels(labels []string) LoaderOption { return func(c *dataConfig) { c.labels = labels } }
