package data

import (
	"image"

	"github.com/fastlearn-go/fastlearn/vision"
)

// Spec describes how a [ItemLoader] makes its batches.
type Spec struct {
	Decoder            vision.Decoder // of the first input
	Parts              []string       // further inputs and targets, in words; none of items with one input and one target
	ItemTfms           vision.ItemTransforms
	BatchTfms          vision.BatchTransforms
	BatchSize, Workers int
	Shuffle, DropLast  bool
	SkipUnreadable     bool
	Unique             bool
	SampleWeights      []float64 // of the items; nil for none
	Sampler            Sampler   // of [SampleBy]; nil for none
}

// Spec returns the loader's settings; those of nil are zero.
func (d *ItemLoader) Spec() Spec {
	if d == nil || d.ds == nil {
		return Spec{}
	}
	c, decoder := d.config, d.ds.parts[0].Decoder
	decoder.Cache = d.ds.cache
	return Spec{decoder, d.ds.further(), c.itemTfms, c.batchTfms, c.batchSize, c.workers, c.shuffle, c.dropsLast(), c.skip, c.unique, c.weights, c.sampler}
}

// Vocab returns the names of the classes; nil where targets are numbers.
func (d *ItemLoader) Vocab() []string {
	if d == nil || d.ds == nil {
		return nil
	}
	return d.ds.target().Vocab
}

// Targets returns the target of each of [ItemLoader.Files], a class or numbers; nil without labels. The caller must not
// change it.
func (d *ItemLoader) Targets() [][]float64 {
	if d == nil || d.ds == nil {
		return nil
	}
	return d.ds.target().values
}

// FurtherSources returns what the parts of an item are made of beyond its first input and first target, and the first target's file
// where it is one. The caller must not change it.
func (d *ItemLoader) FurtherSources(i int) (all []string) {
	if d == nil || d.ds == nil || i < 0 || i >= len(d.ds.files()) {
		return nil
	}
	for k, p := range d.ds.parts[1:] {
		if p.sources != nil && (k+1 != d.ds.inputs || p.isFile()) {
			all = append(all, p.sources[i])
		}
	}
	return all
}

// Places returns where each of [ItemLoader.Files] stood among the items that the data block was given; nil for other items.
// The caller must not change it.
func (d *ItemLoader) Places() []int {
	if d == nil || d.ds == nil {
		return nil
	}
	return d.ds.places
}

// Ordered makes a loader of the same items, in their order and all of them, with the transforms of a split: those of training
// without its shuffling are what test-time augmentation needs. Its caller closes it.
func (d *ItemLoader) Ordered(split vision.Split) (*ItemLoader, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return newDataLoader(d.ds, split, d.config.forValidation())
}

// TestBytes is [Loaders.TestDL] for one image file in memory.
func (d *Loaders) TestBytes(file []byte) (*ItemLoader, error) {
	return d.testMemory(fromBytes(file))
}

// TestImage is [Loaders.TestDL] for one image in memory; see [vision.Reader.ReadImage].
func (d *Loaders) TestImage(m image.Image) (*ItemLoader, error) {
	return d.testMemory(fromImage(m))
}

func (d *Loaders) testMemory(memory source) (*ItemLoader, error) {
	dl, err := d.TestDL([]string{"in memory"})
	if err != nil {
		return nil, err
	}
	dl.ds.memory = memory
	return dl, nil
}
