package data

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Encoding is how a part of an item is made of its source.
type Encoding struct {
	Kind vision.Kind

	// Decoder reads the file that a [vision.Picture] or [vision.Mask] is, whose path is the source. A mask's grey levels, from
	// PIL's convert('L'), are its classes: more than Outputs, where that is given, are an error, but for Ignore.
	Decoder vision.Decoder
	Ignore  uint8 // the level of a mask's pixels that the loss leaves out, such as 255; 0 for none

	// Encode makes numbers of a source that isn't a file: of [vision.Values] a class, one number or Width of them; of
	// [vision.Points] x and y by turns, in pixels of the first picture as its file has it.
	Encode func(source string) ([]float64, error)
	Class  bool // Values are one class: in a batch N int64
	Width  int  // of numbers in a batch, N×Width float32; 0 for N

	Outputs int       // how many a model needs for it
	Vocab   []string  // the names of classes, nil for numbers
	Loss    loss.Loss // of a model that predicts it; nil where [fastlearn.LossFunc] must tell
}

// isFile tells whether sources are files that are read with every batch.
func (e *Encoding) isFile() bool { return e.Kind == vision.Picture || e.Kind == vision.Mask }

// identity tells the encoding apart from others, whatever the items.
func (e *Encoding) identity() string {
	return fmt.Sprintf("%s(%s, width %d)", [...]string{"values", "picture", "mask", "points"}[e.Kind], e.Decoder.Identity(), e.Width)
}

// numbers are what Encode makes of a source, checked.
func (e *Encoding) numbers(source string) (v []float64, err error) {
	err = guard.Call("Encode", e.Encode, func() (err error) {
		v, err = e.Encode(source)
		return err
	})
	if err != nil {
		return nil, err
	}
	want := max(e.Width, 1)
	switch {
	case e.Kind == vision.Points && len(v)%2 != 0:
		return nil, fmt.Errorf("the block's Encode made %d numbers of %q: points are pairs", len(v), source)
	case e.Kind == vision.Values && len(v) != want:
		return nil, fmt.Errorf("the block's Encode made %d numbers of %q: want %d", len(v), source, want)
	case e.Class && (v[0] != math.Trunc(v[0]) || e.Vocab != nil && !(v[0] >= 0 && v[0] < float64(len(e.Vocab)))):
		return nil, fmt.Errorf("the block's Encode made %v of %q: want the number of a class", v[0], source)
	}
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("the block's Encode made %v of %q: want a number", x, source)
		}
	}
	return v, nil
}
