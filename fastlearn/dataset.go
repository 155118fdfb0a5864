package fastlearn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// dataset is pictures by their files, with their targets.
type dataset struct {
	decoder  vision.Decoder
	encoding *encoding
	paths    []string
	targets  [][]float64 // nil without labels
}

// encode adds targets for labels, one a picture.
func (d *dataset) encode(labels []string) error {
	d.targets = make([][]float64, len(labels))
	for i, l := range labels {
		target, err := d.encoding.encode(l)
		if err != nil {
			return fmt.Errorf("%s: %w", d.paths[i], err)
		}
		d.targets[i] = target
	}
	return nil
}

// batchTargets are the targets of a batch's items, in scope s.
func (d *dataset) batchTargets(s *torch.Scope, items []int) *torch.Tensor {
	var rows []float64
	for _, i := range items {
		rows = append(rows, d.targets[i]...)
	}
	n := int64(len(items))
	if d.encoding.class {
		return torch.FromSlice(s, rows, n).To(torch.Int64)
	}
	if d.encoding.width == 0 {
		return torch.FromSlice(s, rows, n).To(torch.Float32)
	}
	return torch.FromSlice(s, rows, n, int64(d.encoding.width)).To(torch.Float32)
}
