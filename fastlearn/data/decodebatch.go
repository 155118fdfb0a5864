package data

import (
	"errors"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Shown is a picture of a batch as it is looked at.
type Shown struct {
	Picture *vision.Image
	Label   string // the class, the labels joined by ";", or the numbers; empty without labels
	File    string
}

// Decode makes a batch of the loader's into pictures with their labels; the batch stays
// as it is (fastai's decode_batch).
func (d *ItemLoader) Decode(b *Batch) (shown []Shown, err error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if b == nil || b.X() == nil || len(b.Items) == 0 {
		return nil, errors.New("data: Decode: the batch is nil or has no items")
	}
	err = guard.Call("Decode", d, func() error { return d.decode(b, &shown) })
	return shown, err
}

func (d *ItemLoader) decode(b *Batch, shown *[]Shown) error {
	return torch.Try(func() {
		for i, m := range d.config.batchTfms.Decode(b.X()) {
			one := Shown{Picture: m, File: d.ds.files()[b.Items[i]]}
			if d.ds.target().values != nil {
				one.Label = d.ds.target().describe(d.ds.target().values[b.Items[i]])
			}
			*shown = append(*shown, one)
		}
	})
}

// describe names a target.
func (e *Encoding) describe(target []float64) string {
	switch {
	case e.Class:
		return e.Vocab[int(target[0])]
	case e.Vocab != nil:
		return strings.Join(conv.Labels(target, e.Vocab), ";")
	}
	return conv.FormatNumbers(target)
}
