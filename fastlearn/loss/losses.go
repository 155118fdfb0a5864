package loss

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Focal is cross-entropy that counts items less the surer the model is of them (fastai's FocalLossFlat, after Lin et
// al., "Focal Loss for Dense Object Detection", arXiv 1708.02002): with the item's weighted cross-entropy c,
//
//	(1 - e⁻ᶜ)^Gamma · c
//
// The mean is over items, also with Weight, unlike [CrossEntropy]'s, which divides by the sum of their weights.
type Focal struct {
	Gamma  float64       // how much less; 0 for 2
	Weight *torch.Tensor // of each class, C values on the device and of the dtype of the predictions; nil for none
}

// Check refuses a Gamma that is negative, infinite or NaN.
func (f Focal) Check() error { return within("Focal: Gamma", f.Gamma, 0, math.Inf(1)) }

// Loss takes logits N×C and classes N int64.
func (f Focal) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	gamma := f.Gamma
	if gamma == 0 {
		gamma = 2
	}
	ce := torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Weight: f.Weight, Reduction: torch.ReductionNone})
	loss := ce.Neg().Exp().Neg().AddScalar(1).PowScalar(gamma).Mul(ce)
	switch r {
	case torch.ReductionMean:
		return loss.Mean()
	case torch.ReductionSum:
		return loss.Sum()
	}
	return loss
}

// Activation is softmax: N×C probabilities.
func (Focal) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class: N int64.
func (Focal) Decode(activated *torch.Tensor) *torch.Tensor { return activated.ArgMax(-1) }

// LabelSmoothing is the mean of cross-entropy, which counts 1-Eps, and of what it would be over all classes, Eps (fastai's
// LabelSmoothingCrossEntropyFlat). Without Weight it is [CrossEntropy] with that LabelSmoothing; with it only the first
// part is weighted.
type LabelSmoothing struct {
	Eps    float64       // 0 for 0.1
	Weight *torch.Tensor // of each class, C values on the device and of the dtype of the predictions; nil for none
}

// Check refuses an Eps that is not from 0 to 1.
func (l LabelSmoothing) Check() error { return within("LabelSmoothing: Eps", l.Eps, 0, 1) }

// Loss takes logits N×C and classes N int64.
func (l LabelSmoothing) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	eps := l.Eps
	if eps == 0 {
		eps = 0.1
	}
	smooth := pred.LogSoftmax(-1).Neg().Mean(-1)
	switch r {
	case torch.ReductionMean:
		smooth = smooth.Mean()
	case torch.ReductionSum:
		smooth = smooth.Sum()
	}
	ce := torch.CrossEntropy(pred, target, torch.CrossEntropyOptions{Weight: l.Weight, Reduction: r})
	return smooth.MulScalar(eps).Add(ce.MulScalar(1 - eps))
}

// Activation is softmax: N×C probabilities.
func (LabelSmoothing) Activation(pred *torch.Tensor) *torch.Tensor { return pred.Softmax(-1) }

// Decode is the most likely class: N int64.
func (LabelSmoothing) Decode(activated *torch.Tensor) *torch.Tensor {
	return activated.ArgMax(-1)
}

// L1 is the loss for numbers that counts by how much they are off, and large errors less than [MSE] does (fastai's
// L1LossFlat).
type L1 struct{}

// Loss takes predictions N×K and targets N×K or, for one number, N.
func (L1) Loss(pred, target *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.L1Loss(pred.View(target.Shape()...), target, r)
}

// Activation leaves the output as it is.
func (L1) Activation(pred *torch.Tensor) *torch.Tensor { return pred }

// Decode leaves values as they are.
func (L1) Decode(activated *torch.Tensor) *torch.Tensor { return activated }
