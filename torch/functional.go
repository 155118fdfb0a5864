package torch

import (
	"fmt"
	"slices"

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
	return out.in(younger(x.scope, weight.scope), "conv2d", x, weight, bias)
}

// Linear is x·weightᵀ + bias; weight is out×in.
func Linear(x, weight, bias *Tensor) *Tensor {
	a, w, b := x.ptr(), weight.ptr(), bias.opt()
	out := begin()
	lib.AtgLinear(&out.c, a, w, b)
	return out.in(younger(x.scope, weight.scope), "linear", x, weight, bias)
}

// BatchNorm normalises each channel by the batch's statistics, and moves the running ones, which may be nil, towards them by
// momentum (training=True). One value per channel is an error, before anything changes: its variance is not a number.
func BatchNorm(x, weight, bias, runningMean, runningVar *Tensor, momentum, eps float64) *Tensor {
	return batchNorm(x, weight, bias, runningMean, runningVar, true, momentum, eps)
}

// BatchNormEval normalises each channel by the running statistics (training=False).
func BatchNormEval(x, weight, bias, runningMean, runningVar *Tensor, eps float64) *Tensor {
	return batchNorm(x, weight, bias, runningMean, runningVar, false, 0, eps)
}

func batchNorm(x, weight, bias, runningMean, runningVar *Tensor, training bool, momentum, eps float64) *Tensor {
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

// Dropout sets each element to 0 with probability p and divides the others by 1-p, as PyTorch's does in training.
func Dropout(x *Tensor, p float64) *Tensor {
	checkDropout(x, p)
	a := x.ptr()
	out := begin()
	lib.AtgDropout(&out.c, a, p, 1)
	return out.from("dropout", x)
}

// AvgPool2d is the mean of each window, with the padding's zeros. A stride of 0 is the kernel's size, PyTorch's default.
func AvgPool2d(x *Tensor, kernel, stride, padding int64) *Tensor {
	if stride == 0 {
		stride = kernel
	}
	return call("aten::avg_pool2d", x, kernel, stride, padding)
}

// ConvolutionOptions are those of [Convolution], one number for each dimension or one for all. Zero values mean stride 1,
// padding 0, dilation 1, output padding 0, groups 1.
type ConvolutionOptions struct {
	Stride, Padding, Dilation []int64
	Groups                    int64
	Transposed                bool    // the transposed convolution, whose weight is in×out/groups×…
	OutputPadding             []int64 // what a transposed one adds at one side of each dimension
}

// Convolution convolves x, N×C×… or C×… with as many dimensions as the weight has behind its second
// (torch.nn.functional.conv1d, conv3d, conv_transpose2d and the like).
func Convolution(x, weight, bias *Tensor, o ConvolutionOptions) *Tensor {
	n := weight.Dim() - 2
	if n < 1 || n > 3 {
		fail("convolution", fmt.Sprintf("the weight has %d dimensions, want 3, 4 or 5", n+2), x, weight)
	}
	if x.Dim() == n+1 {
		batch := x.Unsqueeze(0)
		defer batch.Close()
		y := Convolution(batch, weight, bias, o)
		defer y.Close()
		return y.Squeeze(0)
	}
	fill := func(what string, v []int64, otherwise int64) []int64 {
		switch {
		case len(v) == n:
			return v
		case len(v) == 0:
			v = []int64{otherwise}
		case len(v) != 1:
			fail("convolution", fmt.Sprintf("%s %v: want 1 or %d numbers", what, v, n), x, weight)
		}
		return slices.Repeat(v[:1], n)
	}
	stride, padding, dilation, extra := fill("stride", o.Stride, 1), fill("padding", o.Padding, 0), fill("dilation", o.Dilation, 1), fill("output padding", o.OutputPadding, 0)
	a, w, b := x.ptr(), weight.ptr(), bias.opt()
	out := begin()
	lib.AtgConvolution(&out.c, a, w, b, stride, n, padding, n, dilation, n, flag(o.Transposed), extra, n, max(o.Groups, 1))
	return out.in(younger(x.scope, weight.scope), "convolution", x, weight, bias)
}

// Gelu is x·Φ(x), of the normal distribution's Φ; approximate is "none", or "tanh" for a faster formula.
func (t *Tensor) Gelu(approximate string) *Tensor {
	return call("aten::gelu", t, Kwargs{"approximate": approximate})
}

// LeakyRelu is x where it is positive, else slope·x.
func (t *Tensor) LeakyRelu(slope float64) *Tensor { return call("aten::leaky_relu", t, slope) }

// Elu is x where it is positive, else alpha·(exp(x)-1).
func (t *Tensor) Elu(alpha float64) *Tensor { return call("aten::elu", t, alpha) }

// LayerNorm normalises over the last dimensions, which are shape; weight and bias have that shape, or are nil.
func LayerNorm(x, weight, bias *Tensor, eps float64, shape ...int64) *Tensor {
	return normed("layer_norm", x, weight, bias, func(out *lib.Ctensor, a, w, b lib.Ctensor) {
		d, n := dims(shape)
		lib.AtgLayerNorm(out, a, d, n, w, b, eps, 1)
	})
}

// GroupNorm normalises groups of channels of x, N×C×…; weight and bias have C elements, or are nil.
func GroupNorm(x *Tensor, groups int64, weight, bias *Tensor, eps float64) *Tensor {
	if shape := x.Shape(); groups > 0 && len(shape) >= 2 { // libtorch refuses others
		n := shape[0] * shape[1] / groups
		for _, d := range shape[2:] {
			n *= d
		}
		if n == 1 {
			fail("group_norm", fmt.Sprintf("Expected more than 1 value per channel when training, got input size %v in %d groups", shape, groups), x, weight, bias)
		}
	}
	return normed("group_norm", x, weight, bias, func(out *lib.Ctensor, a, w, b lib.Ctensor) {
		lib.AtgGroupNorm(out, a, groups, w, b, eps, 1)
	})
}

func normed(op string, x, weight, bias *Tensor, f func(out *lib.Ctensor, x, weight, bias lib.Ctensor)) *Tensor {
	a, w, b := x.ptr(), weight.opt(), bias.opt()
	out := begin()
	f(&out.c, a, w, b)
	return out.in(x.scope, op, x, weight, bias)
}

// Embedding copies the rows of weight, n×d, that indices, int64 of any shape, name. The row paddingIdx gets no gradient; -1
// means none.
func Embedding(indices, weight *Tensor, paddingIdx int64) *Tensor {
	return weight.binary("embedding", indices, func(out *lib.Ctensor, w, i lib.Ctensor) { lib.AtgEmbedding(out, w, i, paddingIdx, 0, 0) })
}

// AttentionOptions are those of torch.nn.functional.scaled_dot_product_attention.
type AttentionOptions struct {
	Mask     *Tensor // broadcast to …×L×S: bool, false where nothing is looked at, or numbers that are added; nil for none
	DropoutP float64 // of the weights, whenever it isn't 0
	Causal   bool    // each query sees the keys up to its own place
	Scale    float64 // of the products; 0 is 1/√E
}

// ScaledDotProductAttention is softmax(q·kᵀ·scale)·v, for queries …×L×E, keys …×S×E and values …×S×Ev.
func ScaledDotProductAttention(q, k, v *Tensor, o AttentionOptions) *Tensor {
	checkDropout(q, o.DropoutP)
	var mask, scale any
	if o.Mask != nil {
		mask = o.Mask
	}
	if o.Scale != 0 {
		scale = o.Scale
	}
	return call("aten::scaled_dot_product_attention", q, k, v, mask, o.DropoutP, o.Causal, Kwargs{"scale": scale})
}
