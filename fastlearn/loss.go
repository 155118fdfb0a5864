package fastlearn

import "github.com/fastlearn-go/fastlearn/torch"

// Loss compares predictions with targets, and says what a model's output means.
type Loss interface {
	// Loss of pred against target, reduced as told.
	Loss(pred, target *torch.Tensor, reduction torch.Reduction) *torch.Tensor
	// Activation turns a model's output into probabilities or values.
	Activation(pred *torch.Tensor) *torch.Tensor
	// Decode turns activated predictions into classes or values.
	Decode(activated *torch.Tensor) *torch.Tensor
}

// CrossEntropy is the loss for one label of several (fastai's CrossEntropyLossFlat).
type CrossEntropy struct {
	Weight         *torch.Tensor // of each class; nil for none
	LabelSmoothing float64
}

// Loss takes logits N×C and classes N int64.
func (c CrossEntropy) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Weight: c.Weight, Reduction: r, LabelSmoothing: c.LabelSmoothing})
}

// Activation is softmax: N×C probabilities.
func (CrossEntropy) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class: N int64.
func (CrossEntropy) Decode(activated *torch.Tensor) *torch.Tensor { return activated.ArgMax(-1, false) }
