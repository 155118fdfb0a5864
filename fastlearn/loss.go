package fastlearn

import "github.com/fastlearn-go/fastlearn/torch"

// Loss compares predictions with targets, and says what a model's output means.
type Loss interface {
	// Loss of pred against target, reduced as told; unreduced it is N numbers, or N
	// rows of them.
	Loss(pred, target *torch.Tensor, reduction torch.Reduction) *torch.Tensor
	// Activation turns a model's output into probabilities or values.
	Activation(pred *torch.Tensor) *torch.Tensor
	// Decode turns activated predictions into classes or values.
	Decode(activated *torch.Tensor) *torch.Tensor
}

// CrossEntropy is the loss for one label of several (fastai's CrossEntropyLossFlat).
type CrossEntropy struct {
	Weight         *torch.Tensor // of each class, C values on the device and of the dtype of the predictions; nil for none
	LabelSmoothing float64       // how much of each target goes to all classes alike; see LabelSmoothing for fastai's own
}

// Loss takes logits N×C and classes N int64. With Weight the mean is over the weights, not over items.
func (c CrossEntropy) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Weight: c.Weight, Reduction: r, LabelSmoothing: c.LabelSmoothing})
}

// Activation is softmax: N×C probabilities.
func (CrossEntropy) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class: N int64.
func (CrossEntropy) Decode(activated *torch.Tensor) *torch.Tensor { return activated.ArgMax(-1, false) }

// BCEWithLogits is the loss for any number of labels (fastai's BCEWithLogitsLossFlat).
type BCEWithLogits struct {
	Threshold float64 // a label is there if it is more probable than this; 0 for 0.5

	// Weight of each label, and how much more a label counts where it is there, C values each on the device of the predictions, and of
	// their dtype; nil for none.
	Weight, PosWeight *torch.Tensor
}

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
