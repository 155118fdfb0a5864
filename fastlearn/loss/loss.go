// Package loss has fastai's losses: what training makes small, and what a model's output means.
package loss

import (
	"errors"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Loss compares predictions with targets, and says what a model's output means. A loss with a method Check() error is
// asked by fastlearn.NewLearner and VisionLearner whether it can be used.
type Loss interface {
	// Loss of pred against target, reduced as told; unreduced it is N numbers, or N
	// rows of them.
	Loss(pred, target *torch.Tensor, reduction torch.Reduction) *torch.Tensor
	// Activation turns a model's output into probabilities or values.
	Activation(pred *torch.Tensor) *torch.Tensor
	// Decode turns activated predictions into classes or values.
	Decode(activated *torch.Tensor) *torch.Tensor
}

// MultiTarget is a loss of items with several targets.
type MultiTarget interface {
	Loss
	// LossAll is Loss against all targets of a batch.
	LossAll(pred *torch.Tensor, targets []*torch.Tensor, reduction torch.Reduction) *torch.Tensor
}

// Check asks a loss whether it can be used.
func Check(l Loss) error {
	if guard.IsNil(l) {
		return errors.New("the loss is nil")
	}
	c, ok := l.(interface{ Check() error })
	if !ok {
		return nil
	}
	return guard.Call("Check", l, c.Check)
}

// within refuses a number of a loss that is not from low to high, or no finite one.
func within(name string, v, low, high float64) error {
	switch {
	case v >= low && v <= high && !math.IsInf(v, 0):
		return nil
	case math.IsInf(high, 1):
		return fmt.Errorf("%s is %v: want a number of %v or more", name, v, low)
	}
	return fmt.Errorf("%s is %v: want a number from %v to %v", name, v, low, high)
}

// CrossEntropy is the loss for one label of several (fastai's CrossEntropyLossFlat).
type CrossEntropy struct {
	Weight         *torch.Tensor // of each class, C values on the device and of the dtype of the predictions; nil for none
	LabelSmoothing float64       // how much of each target goes to all classes alike; see LabelSmoothing for fastai's own
}

// Check refuses a LabelSmoothing that is not from 0 to 1.
func (c CrossEntropy) Check() error {
	return within("CrossEntropy: LabelSmoothing", c.LabelSmoothing, 0, 1)
}

// Loss takes logits N×C and classes N int64. With Weight the mean is over the weights, not over items.
func (c CrossEntropy) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Weight: c.Weight, Reduction: r, LabelSmoothing: c.LabelSmoothing})
}

// Activation is softmax: N×C probabilities.
func (CrossEntropy) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class: N int64.
func (CrossEntropy) Decode(activated *torch.Tensor) *torch.Tensor { return activated.ArgMax(-1) }

// BCEWithLogits is the loss for any number of labels (fastai's BCEWithLogitsLossFlat).
type BCEWithLogits struct {
	Threshold float64 // a label is there if it is more probable than this; 0 for 0.5

	// Weight of each label, and how much more a label counts where it is there, C values each on the device of the predictions, and of
	// their dtype; nil for none.
	Weight, PosWeight *torch.Tensor
}

// Check refuses a Threshold that is not from 0 to 1.
func (b BCEWithLogits) Check() error { return within("BCEWithLogits: Threshold", b.Threshold, 0, 1) }

// Loss takes logits and targets of 0 or 1, both N×C float32.
func (b BCEWithLogits) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.BCEWithLogitsWeighted(pred, target, b.Weight, b.PosWeight, r)
}

// Activation is the sigmoid: N×C probabilities.
func (BCEWithLogits) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Sigmoid() }

// Decode tells which labels are there: N×C, 0 or 1.
func (b BCEWithLogits) Decode(activated *torch.Tensor) *torch.Tensor {
	return activated.GtScalar(b.threshold()).To(torch.Float32)
}

func (b BCEWithLogits) threshold() float64 {
	if b.Threshold == 0 {
		return 0.5
	}
	return b.Threshold
}

// MSE is the loss for numbers, the mean of the squares of what they are off (fastai's
// MSELossFlat).
type MSE struct{}

// Loss takes predictions N×K and targets N×K or, for one number, N.
func (MSE) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.MSELoss(pred.View(target.Shape()...), target, r)
}

// Activation leaves the output as it is.
func (MSE) Activation(pred *torch.Tensor) *torch.Tensor { return pred }

// Decode leaves values as they are.
func (MSE) Decode(activated *torch.Tensor) *torch.Tensor { return activated }
