package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Embedding looks vectors up by their indices (torch.nn.Embedding).
type Embedding struct {
	Base
	Weight  *torch.Tensor // n×d
	padding int64         // -1: none
}

// NewEmbedding makes n vectors of d numbers, drawn from the normal distribution.
func NewEmbedding(n, d int64) *Embedding {
	m := &Embedding{padding: -1}
	m.Weight = m.parameter(empty(n, d))
	draw(func() { m.Weight.Normal_(0, 1) })
	return m
}

// NewPaddedEmbedding is [NewEmbedding] whose vector at index padding, counted from the end where it is negative, is 0 and
// isn't trained (padding_idx).
func NewPaddedEmbedding(n, d, padding int64) *Embedding {
	check("embedding", padding >= -n && padding < n, "padding is %d: want -%d to %d", padding, n, n-1)
	if padding < 0 {
		padding += n
	}
	m := NewEmbedding(n, d)
	m.padding = padding
	draw(func() {
		row := m.Weight.Select(0, padding)
		defer row.Close()
		row.Fill_(0)
	})
	return m
}

// Forward maps indices, int64 of any shape, to …×d.
func (m *Embedding) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, torch.Embedding(x, m.Weight, m.padding))
}

func (m *Embedding) String() string {
	return printed(m, func() string {
		if m.padding >= 0 {
			return repr(m, "%v, %v, padding_idx=%v", m.Weight.Size(0), m.Weight.Size(1), m.padding)
		}
		return repr(m, "%v, %v", m.Weight.Size(0), m.Weight.Size(1))
	})
}
