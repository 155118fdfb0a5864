package torch

import (
	"math"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// binary runs an operation that has two operands and nothing else.
func (t *Tensor) binary(op string, u *Tensor, f func(out *lib.Ctensor, t, u lib.Ctensor)) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	f(&out.c, a, b)
	return out.from2(op, t, u)
}

// Add is t + u, with PyTorch's broadcasting and type promotion.
func (t *Tensor) Add(u *Tensor) *Tensor { return t.binary("add", u, lib.AtgAdd) }

// Sub is t − u, with PyTorch's broadcasting and type promotion.
func (t *Tensor) Sub(u *Tensor) *Tensor { return t.binary("sub", u, lib.AtgSub) }

// Mul is t · u, element by element, with PyTorch's broadcasting and type promotion.
func (t *Tensor) Mul(u *Tensor) *Tensor { return t.binary("mul", u, lib.AtgMul) }

// Div is t / u, a true division for integers too, with PyTorch's broadcasting and type promotion.
func (t *Tensor) Div(u *Tensor) *Tensor { return t.binary("div", u, lib.AtgDiv) }

// Pow is t to the power of u, with PyTorch's broadcasting and type promotion.
func (t *Tensor) Pow(u *Tensor) *Tensor { return t.binary("pow", u, lib.AtgPow) }

// Add_ adds u in place and returns t.
func (t *Tensor) Add_(u *Tensor) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgAdd_(&out.c, a, b)
	return t.inPlace(out, "add_", t, u)
}

// Sub_ subtracts u in place and returns t.
func (t *Tensor) Sub_(u *Tensor) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgSub_(&out.c, a, b)
	return t.inPlace(out, "sub_", t, u)
}

// Mul_ multiplies by u in place and returns t.
func (t *Tensor) Mul_(u *Tensor) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgMul_(&out.c, a, b)
	return t.inPlace(out, "mul_", t, u)
}

// Div_ divides by u in place and returns t.
func (t *Tensor) Div_(u *Tensor) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgDiv_(&out.c, a, b)
	return t.inPlace(out, "div_", t, u)
}

// MatMul is the matrix product, batched over leading dimensions as torch.matmul.
func (t *Tensor) MatMul(u *Tensor) *Tensor {
	a, b := t.ptr(), u.ptr()
	out := begin()
	lib.AtgMatmul(&out.c, a, b)
	return out.from2("matmul", t, u)
}

// Where takes t's element where cond is true, else u's.
func (t *Tensor) Where(cond, u *Tensor) *Tensor {
	c, a, b := cond.ptr(), t.ptr(), u.ptr()
	out := begin()
	lib.AtgWhereSelf(&out.c, c, a, b)
	return out.in(younger(younger(cond.scope, t.scope), u.scope), "where", cond, t, u)
}

// inPlace ends an operation that changed t: the fresh handle that gotch made is freed.
func (t *Tensor) inPlace(out *Tensor, op string, operands ...*Tensor) *Tensor {
	out.in(nil, op, operands...).Close()
	return t
}

// integral tells whether v is passed to libtorch as an integer, so that integer
// tensors stay so, as with Python's numbers.
func integral(v float64) bool { return v == math.Trunc(v) && math.Abs(v) < 1<<53 }

// AddScalar adds a number to each element. A whole v leaves an integer tensor's type alone.
func (t *Tensor) AddScalar(v float64) *Tensor {
	p := t.handle()
	var h shim.Handle
	err := shim.AddScalar(&h, p, v, integral(v), false)
	return wrap(h, err, t.scope, "add", t)
}

// MulScalar multiplies each element by a number. A whole v leaves an integer tensor's type alone.
func (t *Tensor) MulScalar(v float64) *Tensor {
	p := t.handle()
	var h shim.Handle
	err := shim.MulScalar(&h, p, v, integral(v), false)
	return wrap(h, err, t.scope, "mul", t)
}

// DivScalar divides each element by a number.
func (t *Tensor) DivScalar(v float64) *Tensor {
	s := lib.AtsFloat(v)
	defer lib.AtsFree(s)
	p := t.ptr()
	out := begin()
	lib.AtgDivScalar(&out.c, p, s)
	return out.from("div", t)
}

// PowScalar raises each element to a power.
func (t *Tensor) PowScalar(v float64) *Tensor {
	s := lib.AtsFloat(v)
	defer lib.AtsFree(s)
	p := t.ptr()
	out := begin()
	lib.AtgPowTensorScalar(&out.c, p, s)
	return out.from("pow", t)
}

// Lerp is t + weight·(u − t), with broadcasting.
func (t *Tensor) Lerp(u, weight *Tensor) *Tensor {
	a, b, w := t.ptr(), u.ptr(), weight.ptr()
	out := begin()
	lib.AtgLerpTensor(&out.c, a, b, w)
	return out.in(younger(younger(t.scope, u.scope), weight.scope), "lerp", t, u, weight)
}

// RemainderScalar is t mod v, of v's sign.
func (t *Tensor) RemainderScalar(v float64) *Tensor {
	s := lib.AtsFloat(v)
	defer lib.AtsFree(s)
	p := t.ptr()
	out := begin()
	lib.AtgRemainder(&out.c, p, s)
	return out.from("remainder", t)
}

// Maximum is the larger of each two elements.
func (t *Tensor) Maximum(u *Tensor) *Tensor { return t.binary("maximum", u, lib.AtgMaximum) }

// Minimum is the smaller of each two elements.
func (t *Tensor) Minimum(u *Tensor) *Tensor { return t.binary("minimum", u, lib.AtgMinimum) }

// AddScalar_ adds a number in place and returns t.
func (t *Tensor) AddScalar_(v float64) *Tensor {
	check(shim.AddScalar(nil, t.handle(), v, integral(v), true), "add_", t)
	return t
}

// MulScalar_ multiplies by a number in place and returns t.
func (t *Tensor) MulScalar_(v float64) *Tensor {
	check(shim.MulScalar(nil, t.handle(), v, integral(v), true), "mul_", t)
	return t
}
