package torch

import (
	"fmt"

	lib "github.com/sugarme/gotch/libtch"
)

// Reduction says how a loss sums up its items.
type Reduction int64

// The reductions, as PyTorch names them.
const (
	ReductionNone Reduction = 0
	ReductionMean Reduction = 1
	ReductionSum  Reduction = 2
)

// CrossEntropyOptions are those of torch.nn.functional.cross_entropy.
type CrossEntropyOptions struct {
	Weight         *Tensor // per class; nil for none
	Reduction      Reduction
	LabelSmoothing float64
}

// CrossEntropy is the loss of logits N×C against classes N, int64, or against
// probabilities N×C. IgnoreIndex is PyTorch's default, -100.
func CrossEntropy(logits, target *Tensor, o CrossEntropyOptions) *Tensor {
	o.Reduction.check("cross_entropy")
	if s := o.LabelSmoothing; !(s >= 0 && s <= 1) {
		fail("cross_entropy", fmt.Sprintf("label_smoothing must be between 0.0 and 1.0, got %v", s))
	}
	a, b, w := logits.ptr(), target.ptr(), o.Weight.opt()
	out := begin()
	lib.AtgCrossEntropyLoss(&out.c, a, b, w, int64(o.Reduction), -100, o.LabelSmoothing)
	return out.in(younger(logits.scope, target.scope), "cross_entropy", logits, target, o.Weight)
}

// BCEWithLogits is the binary cross-entropy of logits against targets of their shape,
// 0 … 1 (torch.nn.functional.binary_cross_entropy_with_logits).
func BCEWithLogits(logits, target *Tensor, r Reduction) *Tensor {
	return BCEWithLogitsWeighted(logits, target, nil, nil, r)
}

// BCEWithLogitsWeighted is [BCEWithLogits] with weights that are broadcast to the logits: of each element's loss, and of what
// a target of 1 adds to it. Either may be nil.
func BCEWithLogitsWeighted(logits, target, weight, posWeight *Tensor, r Reduction) *Tensor {
	checkTarget("binary_cross_entropy_with_logits", logits, target, r)
	a, b, w, p := logits.ptr(), target.ptr(), weight.opt(), posWeight.opt()
	out := begin()
	lib.AtgBinaryCrossEntropyWithLogits(&out.c, a, b, w, p, int64(r))
	return out.in(younger(logits.scope, target.scope), "binary_cross_entropy_with_logits",
		logits, target, weight, posWeight)
}

// L1Loss is the absolute value of x - target, of one shape (torch.nn.functional.l1_loss, which warns of others and
// broadcasts them).
func L1Loss(x, target *Tensor, r Reduction) *Tensor {
	checkTarget("l1_loss", x, target, r)
	a, b := x.ptr(), target.ptr()
	out := begin()
	lib.AtgL1Loss(&out.c, a, b, int64(r))
	return out.from2("l1_loss", x, target)
}

// MSELoss is the square of x - target, of one shape (torch.nn.functional.mse_loss, which warns of others and
// broadcasts them).
func MSELoss(x, target *Tensor, r Reduction) *Tensor {
	checkTarget("mse_loss", x, target, r)
	a, b := x.ptr(), target.ptr()
	out := begin()
	lib.AtgMseLoss(&out.c, a, b, int64(r))
	return out.from2("mse_loss", x, target)
}

// NLLLoss is the negative of log-probabilities N×C or N×C×… at the classes of target, int64, N or N×…. The class
// ignoreIndex, -100 by PyTorch's default, counts for nothing; weight, one for each class, may be nil.
func NLLLoss(x, target, weight *Tensor, ignoreIndex int64, r Reduction) *Tensor {
	r.check("nll_loss")
	a, b, w := x.ptr(), target.ptr(), weight.opt()
	out := begin()
	lib.AtgNllLossNd(&out.c, a, b, w, int64(r), ignoreIndex)
	return out.in(younger(x.scope, target.scope), "nll_loss", x, target, weight)
}

// SmoothL1Loss is the difference's square over 2·beta where it is below beta, else its magnitude less beta/2.
func SmoothL1Loss(x, target *Tensor, beta float64, r Reduction) *Tensor {
	checkTarget("smooth_l1_loss", x, target, r)
	return x.binary("smooth_l1_loss", target, func(out *lib.Ctensor, a, b lib.Ctensor) { lib.AtgSmoothL1Loss(out, a, b, int64(r), beta) })
}

// HuberLoss is half of the difference's square where it is below delta, else delta·(its magnitude - delta/2).
func HuberLoss(x, target *Tensor, delta float64, r Reduction) *Tensor {
	checkTarget("huber_loss", x, target, r)
	return x.binary("huber_loss", target, func(out *lib.Ctensor, a, b lib.Ctensor) { lib.AtgHuberLoss(out, a, b, int64(r), delta) })
}

// KLDiv is target·(log target - x), for log-probabilities x and a target of probabilities. ReductionMean is of all elements, as
// in PyTorch; the divergence of a batch is ReductionSum by the batch's size.
func KLDiv(x, target *Tensor, r Reduction) *Tensor { return kl(x, target, r, 0) }

// KLDivLogTarget is [KLDiv] for a target of the probabilities' logarithms (log_target=True).
func KLDivLogTarget(x, target *Tensor, r Reduction) *Tensor { return kl(x, target, r, 1) }

func kl(x, target *Tensor, r Reduction, logTarget int32) *Tensor {
	checkTarget("kl_div", x, target, r)
	return x.binary("kl_div", target, func(out *lib.Ctensor, a, b lib.Ctensor) { lib.AtgKlDiv(out, a, b, int64(r), logTarget) })
}
