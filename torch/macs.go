package torch

// CountMACs has f called after each convolution, linear layer and matrix product whose
// result lives in a scope of s's family, with its number of multiply-adds and its weight,
// a matrix product's second operand. These are what PyTorch's flop_counter counts in a
// forward pass, at two operations each. A nil f ends it. It panics
// with an [*Error] where s is nil or closed.
func (s *Scope) CountMACs(f func(n int64, weight *Tensor)) {
	if s == nil {
		fail("count_macs", "the scope is nil, and has no family")
	}
	s.check("count_macs")
	s.root.macs = f
}

// multiplied counts an operation that multiplies all of weight[o] for each element of t, of
// its output o.
func (t *Tensor) multiplied(weight *Tensor) *Tensor {
	if t.scope != nil && t.scope.root.macs != nil {
		t.scope.root.macs(t.Numel()*weight.Numel()/max(weight.Size(0), 1), weight)
	}
	return t
}

// timesColumns counts the matrix product t of a and b.
func (t *Tensor) timesColumns(a, b *Tensor) *Tensor {
	if t.scope != nil && t.scope.root.macs != nil {
		t.scope.root.macs(t.Numel()*a.Size(-1), b)
	}
	return t
}
