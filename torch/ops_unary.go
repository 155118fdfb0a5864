package torch

import lib "github.com/sugarme/gotch/libtch"

// Neg is the negative of each element, element by element.
func (t *Tensor) Neg() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgNeg(&out.c, p)
	return out.from("neg", t)
}

// Exp is e to the power of each element, element by element.
func (t *Tensor) Exp() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgExp(&out.c, p)
	return out.from("exp", t)
}

// Log is the natural logarithm, element by element.
func (t *Tensor) Log() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgLog(&out.c, p)
	return out.from("log", t)
}

// Log1p is log(1+x), element by element.
func (t *Tensor) Log1p() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgLog1p(&out.c, p)
	return out.from("log1p", t)
}

// Sqrt is the square root, element by element.
func (t *Tensor) Sqrt() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSqrt(&out.c, p)
	return out.from("sqrt", t)
}

// Abs is the absolute value, element by element.
func (t *Tensor) Abs() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgAbs(&out.c, p)
	return out.from("abs", t)
}

// Sin is the sine, element by element.
func (t *Tensor) Sin() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSin(&out.c, p)
	return out.from("sin", t)
}

// Cos is the cosine, element by element.
func (t *Tensor) Cos() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgCos(&out.c, p)
	return out.from("cos", t)
}

// Tanh is the hyperbolic tangent, element by element.
func (t *Tensor) Tanh() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgTanh(&out.c, p)
	return out.from("tanh", t)
}

// Sigmoid is 1/(1+exp(-x)), element by element.
func (t *Tensor) Sigmoid() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSigmoid(&out.c, p)
	return out.from("sigmoid", t)
}

// Relu is max(x, 0), element by element.
func (t *Tensor) Relu() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgRelu(&out.c, p)
	return out.from("relu", t)
}

// Floor is the largest integer not above, element by element.
func (t *Tensor) Floor() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgFloor(&out.c, p)
	return out.from("floor", t)
}

// Round is the nearest integer, halves to even, element by element.
func (t *Tensor) Round() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgRound(&out.c, p)
	return out.from("round", t)
}

// Isnan is whether it is NaN, bool, element by element.
func (t *Tensor) Isnan() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgIsnan(&out.c, p)
	return out.from("isnan", t)
}

// Isfinite is whether it is neither NaN nor infinite, bool, element by element.
func (t *Tensor) Isfinite() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgIsfinite(&out.c, p)
	return out.from("isfinite", t)
}
