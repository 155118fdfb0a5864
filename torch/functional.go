package torch

import (
	"fmt"

	lib "github.com/sugarme/gotch/libtch"
)

// The functions of torch.nn.functional. Pictures are N×C×H×W, weights of a
// convolution out×in/groups×kH×kW. A weight or bias may be nil where PyTorch's is None.

// Conv2dOptions are those of torch.nn.functional.conv2d; zero values mean
// stride 1, padding 0, dilation 1, groups 1.
type Conv2dOptions struct {
	Stride, Padding, Dilation [2]int64
	Groups                    int64
}

// Conv2d convolves x with weight.
func Conv2d(x, weight, bias *Tensor, o Conv2dOptions) *Tensor {
	if o.Stride == [2]int64{} {
		o.Stride = [2]int64{1, 1}
	}
	if o.Dilation == [2]int64{} {
		o.Dilation = [2]int64{1, 1}
	}
	if o.Groups == 0 {
		o.Groups = 1
	}
	a, w, b := x.ptr(), weight.ptr(), bias.opt()
	out := begin()
	lib.AtgConv2d(&out.c, a, w, b, o.Stride[:], 2, o.Padding[:], 2, o.Dilation[:], 2, o.Groups)
	return out.in(younger(x.scope, weight.scope), "conv2d", x, weight, bias).multiplied(weight)
}

// Linear is x·weightᵀ + bias; weight is out×in.
func Linear(x, weight, bias *Tensor) *Tensor {
	a, w, b := x.ptr(), weight.ptr(), bias.opt()
	out := begin()
	lib.AtgLinear(&out.c, a, w, b)
	return out.in(younger(x.scope, weight.scope), "linear", x, weight, bias).multiplied(weight)
}

// BatchNorm normalises each channel, by the batch's statistics when training,
// which also updates the running ones, else by the running ones. One value per channel
// is an error in training, before anything changes: its variance is not a number.
func BatchNorm(x, weight, bias, runningMean, runningVar *Tensor, training bool, momentum, eps float64) *Tensor {
	checkBatchNorm(x, training, eps)
	a, w, b, m, v := x.ptr(), weight.opt(), bias.opt(), runningMean.opt(), runningVar.opt()
	out := begin()
	lib.AtgBatchNorm(&out.c, a, w, b, m, v, flag(training), momentum, eps, 1)
	return out.in(x.scope, "batch_norm", x, weight, bias, runningMean, runningVar)
}

// MaxPool2d is the largest element of each window. A stride of 0 is the kernel's size, PyTorch's default.
func MaxPool2d(x *Tensor, kernel, stride, padding int64) *Tensor {
	if stride == 0 {
		stride = kernel
	}
	a := x.ptr()
	out := begin()
	lib.AtgMaxPool2d(&out.c, a, []int64{kernel, kernel}, 2, []int64{stride, stride}, 2,
		[]int64{padding, padding}, 2, []int64{1, 1}, 2, 0)
	return out.from("max_pool2d", x)
}

// AdaptiveAvgPool2d averages over windows that leave N×C×size×size.
func AdaptiveAvgPool2d(x *Tensor, size int64) *Tensor {
	if d := x.Dim(); d < 3 {
		fail("adaptive_avg_pool2d", fmt.Sprintf("expected C×H×W or N×C×H×W, got %d dimensions", d), x)
	}
	a := x.ptr()
	out := begin()
	lib.AtgAdaptiveAvgPool2d(&out.c, a, []int64{size, size}, 2)
	return out.from("adaptive_avg_pool2d", x)
}

// AdaptiveMaxPool2d takes the largest of windows that leave N×C×size×size.
func AdaptiveMaxPool2d(x *Tensor, size int64) *Tensor {
	a := x.ptr()
	values, indices := x.pair("adaptive_max_pool2d", func(out *lib.Ctensor) {
		lib.AtgAdaptiveMaxPool2d(out, a, []int64{size, size}, 2)
	})
	indices.Close()
	return values
}

// Dropout sets each element to 0 with probability p when training and divides the others by 1-p.
func Dropout(x *Tensor, p float64, training bool) *Tensor {
	checkDropout(x, p)
	a := x.ptr()
	out := begin()
	lib.AtgDropout(&out.c, a, p, flag(training))
	return out.from("dropout", x)
}

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

// Interpolation and padding of GridSample, with libtorch's values.
type (
	Interpolation int64
	PaddingMode   int64
)

// The modes, as torch.nn.functional.grid_sample names them.
const (
	Bilinear Interpolation = 0
	Nearest  Interpolation = 1
	Bicubic  Interpolation = 2

	PadZeros      PaddingMode = 0
	PadBorder     PaddingMode = 1
	PadReflection PaddingMode = 2
)

// GridSample reads x, N×C×H×W, at the places of grid, N×h×w×2, in -1 … 1.
func GridSample(x, grid *Tensor, mode Interpolation, padding PaddingMode, alignCorners bool) *Tensor {
	if mode < Bilinear || mode > Bicubic || padding < PadZeros || padding > PadReflection {
		fail("grid_sample", fmt.Sprintf("expected one of the three modes and of the three paddings, but got %d and %d", mode, padding))
	}
	a, g := x.ptr(), grid.ptr()
	out := begin()
	lib.AtgGridSampler(&out.c, a, g, int64(mode), int64(padding), flag(alignCorners))
	return out.from2("grid_sample", x, grid)
}

// AffineGrid makes the grid, N×h×w×2, that theta, N×2×3, maps an output of h×w to.
func AffineGrid(theta *Tensor, n, c, h, w int64, alignCorners bool) *Tensor {
	checkAffine(theta, [4]int64{n, c, h, w})
	a := theta.ptr()
	out := begin()
	lib.AtgAffineGridGenerator(&out.c, a, []int64{n, c, h, w}, 4, flag(alignCorners))
	return out.from("affine_grid", theta)
}

// InterpolateArea shrinks x, N×C×H×W, to h×w by averaging, as mode="area".
func InterpolateArea(x *Tensor, h, w int64) *Tensor {
	checkPictures("interpolate", x)
	a := x.ptr()
	out := begin()
	lib.AtgAdaptiveAvgPool2d(&out.c, a, []int64{h, w}, 2)
	return out.from("interpolate", x)
}

// InterpolateBilinear resizes x, N×C×H×W, to h×w as mode="bilinear".
func InterpolateBilinear(x *Tensor, h, w int64, alignCorners bool) *Tensor {
	checkPictures("interpolate", x)
	a := x.ptr()
	out := begin()
	lib.AtgUpsampleBilinear2d(&out.c, a, []int64{h, w}, 2, flag(alignCorners), 0, 1, 0, 1)
	return out.from("interpolate", x)
}
