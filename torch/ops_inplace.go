package torch

import (
	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Zero_ sets every element to 0 and returns t.
func (t *Tensor) Zero_() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgZero_(&out.c, p)
	return t.inPlace(out, "zero_", t)
}

// Fill_ sets every element to v and returns t.
func (t *Tensor) Fill_(v float64) *Tensor {
	s := lib.AtsFloat(v)
	defer lib.AtsFree(s)
	p := t.ptr()
	out := begin()
	lib.AtgFill_(&out.c, p, s)
	return t.inPlace(out, "fill_", t)
}

// Relu_ is [Tensor.Relu] in place; it returns t.
func (t *Tensor) Relu_() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgRelu_(&out.c, p)
	return t.inPlace(out, "relu_", t)
}

// Clamp limits each element to lo … hi.
func (t *Tensor) Clamp(lo, hi float64) *Tensor {
	a, b := lib.AtsFloat(lo), lib.AtsFloat(hi)
	defer lib.AtsFree(a)
	defer lib.AtsFree(b)
	p := t.ptr()
	out := begin()
	lib.AtgClamp(&out.c, p, a, b)
	return out.from("clamp", t)
}

// Clamp_ is [Tensor.Clamp] in place; it returns t.
func (t *Tensor) Clamp_(lo, hi float64) *Tensor {
	a, b := lib.AtsFloat(lo), lib.AtsFloat(hi)
	defer lib.AtsFree(a)
	defer lib.AtsFree(b)
	p := t.ptr()
	out := begin()
	lib.AtgClamp_(&out.c, p, a, b)
	return t.inPlace(out, "clamp_", t)
}

// Copy_ copies src's elements into t, from any device and dtype, with broadcasting; it returns t.
func (t *Tensor) Copy_(src *Tensor) *Tensor {
	check(shim.Copy(t.handle(), src.handle(), false), "copy_", t, src)
	return t
}

// Normal_ fills t from the normal distribution and returns it.
func (t *Tensor) Normal_(mean, std float64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgNormal_(&out.c, p, mean, std)
	return t.inPlace(out, "normal_", t)
}

// NormalSeeded_ is [Tensor.Normal_] with a generator of its own, which starts from seed:
// the device's own one stays as it is.
func (t *Tensor) NormalSeeded_(mean, std float64, seed uint64) *Tensor {
	check(shim.NormalSeeded(t.handle(), mean, std, seed), "normal_", t)
	return t
}

// Uniform_ fills t uniformly from [from, to) and returns it.
func (t *Tensor) Uniform_(from, to float64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgUniform_(&out.c, p, from, to)
	return t.inPlace(out, "uniform_", t)
}

// Bernoulli_ sets each element to 1 with probability p, else to 0, and returns t.
func (t *Tensor) Bernoulli_(p float64) *Tensor {
	h := t.ptr()
	out := begin()
	lib.AtgBernoulliFloat_(&out.c, h, p)
	return t.inPlace(out, "bernoulli_", t)
}
