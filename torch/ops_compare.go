package torch

import lib "github.com/sugarme/gotch/libtch"

// Eq tells element by element whether t == u; the result is bool.
func (t *Tensor) Eq(u *Tensor) *Tensor { return t.binary("eq", u, lib.AtgEqTensor) }

// Ne tells element by element whether t != u; the result is bool.
func (t *Tensor) Ne(u *Tensor) *Tensor { return t.binary("ne", u, lib.AtgNeTensor) }

// Lt tells element by element whether t < u; the result is bool.
func (t *Tensor) Lt(u *Tensor) *Tensor { return t.binary("lt", u, lib.AtgLtTensor) }

// Gt tells element by element whether t > u; the result is bool.
func (t *Tensor) Gt(u *Tensor) *Tensor { return t.binary("gt", u, lib.AtgGtTensor) }

// Ge tells element by element whether t ≥ u; the result is bool.
func (t *Tensor) Ge(u *Tensor) *Tensor { return t.binary("ge", u, lib.AtgGeTensor) }

// Le tells element by element whether t ≤ u; the result is bool.
func (t *Tensor) Le(u *Tensor) *Tensor { return t.binary("le", u, lib.AtgLeTensor) }

// LogicalAnd tells whether both elements are nonzero; the result is bool.
func (t *Tensor) LogicalAnd(u *Tensor) *Tensor { return t.binary("logical_and", u, lib.AtgLogicalAnd) }

// LogicalOr tells whether either element is nonzero; the result is bool.
func (t *Tensor) LogicalOr(u *Tensor) *Tensor { return t.binary("logical_or", u, lib.AtgLogicalOr) }

// LogicalXor tells whether exactly one of two elements is nonzero; the result is bool.
func (t *Tensor) LogicalXor(u *Tensor) *Tensor { return t.binary("logical_xor", u, lib.AtgLogicalXor) }

// EqScalar tells element by element whether t == v; the result is bool.
func (t *Tensor) EqScalar(v float64) *Tensor { return t.withScalar("eq", v, lib.AtgEq) }

// NeScalar tells element by element whether t != v; the result is bool.
func (t *Tensor) NeScalar(v float64) *Tensor { return t.withScalar("ne", v, lib.AtgNe) }

// LtScalar tells element by element whether t < v; the result is bool.
func (t *Tensor) LtScalar(v float64) *Tensor { return t.withScalar("lt", v, lib.AtgLt) }

// LeScalar tells element by element whether t ≤ v; the result is bool.
func (t *Tensor) LeScalar(v float64) *Tensor { return t.withScalar("le", v, lib.AtgLe) }

// GtScalar tells element by element whether t > v; the result is bool.
func (t *Tensor) GtScalar(v float64) *Tensor { return t.withScalar("gt", v, lib.AtgGt) }

// GeScalar tells element by element whether t ≥ v; the result is bool.
func (t *Tensor) GeScalar(v float64) *Tensor { return t.withScalar("ge", v, lib.AtgGe) }

// withScalar runs an operation of t and a number, which is an integer to libtorch where it is whole: integer tensors are
// compared exactly then, and keep their type.
func (t *Tensor) withScalar(op string, v float64, f func(out *lib.Ctensor, t lib.Ctensor, v lib.Cscalar)) *Tensor {
	s := scalar(v)
	defer lib.AtsFree(s)
	p := t.ptr()
	out := begin()
	f(&out.c, p, s)
	return out.from(op, t)
}

func scalar(v float64) lib.Cscalar {
	if integral(v) {
		return lib.AtsInt(int64(v))
	}
	return lib.AtsFloat(v)
}
