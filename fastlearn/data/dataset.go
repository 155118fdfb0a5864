package data

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// dataset is pictures by their files, with their targets.
type dataset struct {
	decoder  vision.Decoder
	encoding *encoding
	paths    []string
	places   []int       // of the items among those of the data block; nil if they are of none
	memory   source      // of the one picture, where it lies in memory; nil where pictures are on disk
	targets  [][]float64 // nil without labels
}

// A source reads and transforms a picture that lies in memory.
type source func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error

func fromBytes(file []byte) source {
	return func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error {
		return r.ReadBytes(file, rng, split, m)
	}
}

func fromImage(src image.Image) source {
	return func(r *vision.Reader, rng *rand.Rand, split vision.Split, m *vision.Image) error {
		return r.ReadImage(src, rng, split, m)
	}
}

// encode adds targets for labels, one a picture; where says in an error which item it is.
func (d *dataset) encode(labels []string, where func(i int) string) error {
	d.targets = make([][]float64, len(labels))
	for i, l := range labels {
		target, err := d.encoding.encode(l)
		if err != nil {
			return fmt.Errorf("%s: %w", where(i), err)
		}
		d.targets[i] = target
	}
	return nil
}

// read decodes and transforms an item's picture.
func (d *dataset) read(r *vision.Reader, item int, rng *rand.Rand, split vision.Split, m *vision.Image) error {
	if d.memory == nil {
		return r.Read(d.paths[item], rng, split, m)
	}
	if err := d.memory(r, rng, split, m); err != nil {
		return fmt.Errorf("picture %s: %w", d.paths[item], err)
	}
	return nil
}

// batchTargets are the targets of a batch's items, in scope s.
func (d *dataset) batchTargets(s *torch.Scope, items []int, device torch.Device) *torch.Tensor {
	n, shape := int64(len(items)), []int64{int64(len(items))}
	if d.encoding.width > 0 {
		shape = append(shape, int64(d.encoding.width))
	}
	var host *torch.Tensor
	if d.encoding.class {
		classes := make([]int64, n)
		for i, item := range items {
			classes[i] = int64(d.targets[item][0])
		}
		host = torch.FromSlice(s, classes, shape...)
	} else {
		var numbers []float32
		for _, item := range items {
			for _, v := range d.targets[item] {
				numbers = append(numbers, float32(v))
			}
		}
		host = torch.FromSlice(s, numbers, shape...)
	}
	defer host.Close()
	return host.To(device)
}
