package torch

import lib "github.com/sugarme/gotch/libtch"

// unary runs an operation that has one operand and nothing else.
func (t *Tensor) unary(op string, f func(out *lib.Ctensor, t lib.Ctensor)) *Tensor {
	p := t.ptr()
	out := begin()
	f(&out.c, p)
	return out.from(op, t)
}

// Neg is the negative of each element, element by element.
func (t *Tensor) Neg() *Tensor { return t.unary("neg", lib.AtgNeg) }

// Exp is e to the power of each element, element by element.
func (t *Tensor) Exp() *Tensor { return t.unary("exp", lib.AtgExp) }

// Log is the natural logarithm, element by element.
func (t *Tensor) Log() *Tensor { return t.unary("log", lib.AtgLog) }

// Log1p is log(1+x), element by element.
func (t *Tensor) Log1p() *Tensor { return t.unary("log1p", lib.AtgLog1p) }

// Sqrt is the square root, element by element.
func (t *Tensor) Sqrt() *Tensor { return t.unary("sqrt", lib.AtgSqrt) }

// Abs is the absolute value, element by element.
func (t *Tensor) Abs() *Tensor { return t.unary("abs", lib.AtgAbs) }

// Sin is the sine, element by element.
func (t *Tensor) Sin() *Tensor { return t.unary("sin", lib.AtgSin) }

// Cos is the cosine, element by element.
func (t *Tensor) Cos() *Tensor { return t.unary("cos", lib.AtgCos) }

// Tanh is the hyperbolic tangent, element by element.
func (t *Tensor) Tanh() *Tensor { return t.unary("tanh", lib.AtgTanh) }

// Sigmoid is 1/(1+exp(-x)), element by element.
func (t *Tensor) Sigmoid() *Tensor { return t.unary("sigmoid", lib.AtgSigmoid) }

// Relu is max(x, 0), element by element.
func (t *Tensor) Relu() *Tensor { return t.unary("relu", lib.AtgRelu) }

// Floor is the largest integer not above, element by element.
func (t *Tensor) Floor() *Tensor { return t.unary("floor", lib.AtgFloor) }

// Round is the nearest integer, halves to even, element by element.
func (t *Tensor) Round() *Tensor { return t.unary("round", lib.AtgRound) }

// Isnan is whether it is NaN, bool, element by element.
func (t *Tensor) Isnan() *Tensor { return t.unary("isnan", lib.AtgIsnan) }

// Isfinite is whether it is neither NaN nor infinite, bool, element by element.
func (t *Tensor) Isfinite() *Tensor { return t.unary("isfinite", lib.AtgIsfinite) }

// Erf is the error function, element by element.
func (t *Tensor) Erf() *Tensor { return t.unary("erf", lib.AtgErf) }

// Erfinv is the inverse of the error function, for -1 … 1, element by element.
func (t *Tensor) Erfinv() *Tensor { return t.unary("erfinv", lib.AtgErfinv) }

// Expm1 is exp(x)-1, exact near 0, element by element.
func (t *Tensor) Expm1() *Tensor { return t.unary("expm1", lib.AtgExpm1) }

// Sign is -1, 0 or 1, element by element.
func (t *Tensor) Sign() *Tensor { return t.unary("sign", lib.AtgSign) }

// Rsqrt is 1/√x, element by element.
func (t *Tensor) Rsqrt() *Tensor { return t.unary("rsqrt", lib.AtgRsqrt) }

// Reciprocal is 1/x, element by element.
func (t *Tensor) Reciprocal() *Tensor { return t.unary("reciprocal", lib.AtgReciprocal) }

// Square is x², element by element.
func (t *Tensor) Square() *Tensor { return t.unary("square", lib.AtgSquare) }

// Log2 is the logarithm to base 2, element by element.
func (t *Tensor) Log2() *Tensor { return t.unary("log2", lib.AtgLog2) }

// Log10 is the logarithm to base 10, element by element.
func (t *Tensor) Log10() *Tensor { return t.unary("log10", lib.AtgLog10) }

// Ceil is the smallest integer not below, element by element.
func (t *Tensor) Ceil() *Tensor { return t.unary("ceil", lib.AtgCeil) }

// Trunc is the integer next to it towards 0, element by element.
func (t *Tensor) Trunc() *Tensor { return t.unary("trunc", lib.AtgTrunc) }

// Tan is the tangent, element by element.
func (t *Tensor) Tan() *Tensor { return t.unary("tan", lib.AtgTan) }

// Asin is the inverse sine, element by element.
func (t *Tensor) Asin() *Tensor { return t.unary("asin", lib.AtgAsin) }

// Acos is the inverse cosine, element by element.
func (t *Tensor) Acos() *Tensor { return t.unary("acos", lib.AtgAcos) }

// Atan is the inverse tangent, element by element.
func (t *Tensor) Atan() *Tensor { return t.unary("atan", lib.AtgAtan) }

// Sinh is the hyperbolic sine, element by element.
func (t *Tensor) Sinh() *Tensor { return t.unary("sinh", lib.AtgSinh) }

// Cosh is the hyperbolic cosine, element by element.
func (t *Tensor) Cosh() *Tensor { return t.unary("cosh", lib.AtgCosh) }

// Isinf is whether it is infinite, bool, element by element.
func (t *Tensor) Isinf() *Tensor { return t.unary("isinf", lib.AtgIsinf) }

// LogicalNot is whether it is 0, bool, element by element.
func (t *Tensor) LogicalNot() *Tensor { return t.unary("logical_not", lib.AtgLogicalNot) }

// Softplus is log(1+exp(x)), a smooth max(x, 0), element by element.
func (t *Tensor) Softplus() *Tensor { return t.unary("softplus", lib.AtgSoftplus) }

// LogSigmoid is log(1/(1+exp(-x))), element by element.
func (t *Tensor) LogSigmoid() *Tensor { return t.unary("log_sigmoid", lib.AtgLogSigmoid) }

// Silu is x·sigmoid(x), element by element.
func (t *Tensor) Silu() *Tensor { return t.unary("silu", lib.AtgSilu) }

// Mish is x·tanh(softplus(x)), element by element.
func (t *Tensor) Mish() *Tensor { return t.unary("mish", lib.AtgMish) }

// Hardswish is x·clamp(x+3, 0, 6)/6, element by element.
func (t *Tensor) Hardswish() *Tensor { return t.unary("hardswish", lib.AtgHardswish) }

// Hardsigmoid is clamp(x+3, 0, 6)/6, element by element.
func (t *Tensor) Hardsigmoid() *Tensor { return t.unary("hardsigmoid", lib.AtgHardsigmoid) }
