package extending

import (
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Labels is a target block: what data.CategoryBlock is without options.
type Labels struct{}

// Setup finds the classes, sorted.
func (Labels) Setup(train []string) (*data.Encoding, error) {
	classes := slices.Compact(slices.Sorted(slices.Values(train)))
	encode := func(label string) ([]float64, error) {
		class, known := slices.BinarySearch(classes, label)
		if !known {
			return nil, fmt.Errorf("the label %q is none of %q", label, classes)
		}
		return []float64{float64(class)}, nil
	}
	return &data.Encoding{Class: true, Outputs: len(classes), Vocab: classes, Loss: loss.CrossEntropy{}, Encode: encode}, nil
}

// Masks is a target block: the source is the path of a picture whose grey levels are the classes of its pixels (fastai's MaskBlock).
type Masks struct{ Codes []string }

// Setup tells how many classes there are.
func (m Masks) Setup([]string) (*data.Encoding, error) {
	return &data.Encoding{Kind: vision.Mask, Outputs: len(m.Codes), Loss: PixelCrossEntropy{}}, nil
}

// PixelCrossEntropy is the loss of masks: logits N×C×H×W against N×H×W classes (fastai's CrossEntropyLossFlat(axis=1)).
type PixelCrossEntropy struct{}

// Loss compares; unreduced it is N×H×W.
func (PixelCrossEntropy) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Reduction: r})
}

// Activation is softmax over the classes.
func (PixelCrossEntropy) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(1) }

// Decode is each pixel's most likely class.
func (PixelCrossEntropy) Decode(activated *torch.Tensor) *torch.Tensor {
	return activated.ArgMax(1)
}

// Corners is a target block of points in the picture: the source is "x y x y …", in its pixels (fastai's PointBlock).
type Corners struct{ data.RegressionBlock }

// Setup finds out how many there are.
func (c Corners) Setup(train []string) (*data.Encoding, error) {
	e, err := c.RegressionBlock.Setup(train)
	if err == nil {
		e.Kind = vision.Points
	}
	return e, err
}

// Pair is an item with two pictures; the label tells whether they are of one kind.
type Pair struct{ Left, Right, Label string }

// Pairs is the block of such items: a model of it has two inputs.
func Pairs(items vision.ItemTransforms, batch vision.BatchTransforms) data.Block[Pair] {
	return data.Block[Pair]{
		GetX:     func(p Pair) (string, error) { return p.Left, nil },
		Inputs:   []data.Part[Pair]{{Block: data.ImageBlock{}, Get: func(p Pair) (string, error) { return p.Right, nil }}},
		GetY:     func(p Pair) (string, error) { return p.Label, nil },
		ItemTfms: items, BatchTfms: batch,
	}
}

// Siamese compares what one body sees in two pictures.
type Siamese struct {
	nn.Base
	Body nn.Module // N×3×H×W to N×F
	Head nn.Module
}

// NewSiamese makes a head for a body of so many features.
func NewSiamese(body nn.Module, features, classes int64) *Siamese {
	return &Siamese{Body: body, Head: nn.NewSequential(nn.NewLinear(2*features, 32), &nn.ReLU{}, nn.NewLinear(32, classes))}
}

// ForwardAll takes both pictures.
func (m *Siamese) ForwardAll(xs ...*torch.Tensor) *torch.Tensor {
	return nn.Call(m.Head, torch.Cat(1, nn.Call(m.Body, xs[0]), nn.Call(m.Body, xs[1])))
}

// Forward is there for nn.Module.
func (m *Siamese) Forward(x *torch.Tensor) *torch.Tensor { return m.ForwardAll(x) }
