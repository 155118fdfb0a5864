package nn

import (
	"cmp"
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// AttentionOptions are those of [NewMultiheadAttention] and [NewTransformerEncoderLayer].
type AttentionOptions struct {
	Dropout    float64 // in training; of a TransformerEncoderLayer PyTorch's default is 0.1
	BatchFirst bool    // N×L×E, otherwise L×N×E, PyTorch's default
	NoBias     bool

	// Of a MultiheadAttention:
	KDim, VDim int64 // numbers at each place of keys and of values; 0 is as many as of queries

	// Of a TransformerEncoderLayer:
	NormFirst  bool    // norms come before attention and the linear layers
	Activation string  // "relu" ("" too) or "gelu"
	Eps        float64 // of the norms; 0 is 1e-5
}

// linear returns the options of the linear layers.
func (o AttentionOptions) linear() (opts []LinearOption) {
	if o.NoBias {
		opts = append(opts, NoBias())
	}
	return opts
}

// MultiheadAttention looks from each place of a sequence at another's (torch.nn.MultiheadAttention).
type MultiheadAttention struct {
	Base
	QProjWeight, KProjWeight, VProjWeight *torch.Tensor // E×E, E×KDim and E×VDim, where KDim or VDim isn't E
	InProjWeight                          *torch.Tensor // 3E×E, of queries, keys and values, otherwise
	InProjBias                            *torch.Tensor // 3E; nil with NoBias
	OutProj                               *Linear
	embed, heads                          int64
	options                               AttentionOptions
}

// NewMultiheadAttention makes an attention of embed numbers at each place, divided among heads.
func NewMultiheadAttention(embed, heads int64, o AttentionOptions) *MultiheadAttention {
	const op = "multihead_attention"
	check(op, embed > 0 && heads > 0 && embed%heads == 0, "embed_dim %d must be above 0 and divisible by num_heads %d", embed, heads)
	check(op, o.Dropout >= 0 && o.Dropout <= 1, "Dropout is %v: a probability has to be between 0 and 1", o.Dropout)
	check(op, o.KDim >= 0 && o.VDim >= 0, "KDim is %d and VDim %d: want 0 or more", o.KDim, o.VDim)
	o.KDim, o.VDim = usual(o.KDim, embed), usual(o.VDim, embed)
	m := &MultiheadAttention{embed: embed, heads: heads, options: o}
	var weights []*torch.Tensor
	if o.KDim == embed && o.VDim == embed {
		m.InProjWeight = m.parameter(empty(3*embed, embed))
		weights = []*torch.Tensor{m.InProjWeight}
	} else {
		m.QProjWeight, m.KProjWeight, m.VProjWeight = m.parameter(empty(embed, embed)), m.parameter(empty(embed, o.KDim)), m.parameter(empty(embed, o.VDim))
		weights = []*torch.Tensor{m.QProjWeight, m.KProjWeight, m.VProjWeight}
	}
	if !o.NoBias {
		m.InProjBias = m.parameter((*torch.Scope)(nil).Zeros(3 * embed))
	}
	m.OutProj = NewLinear(embed, embed, o.linear()...)
	for _, w := range weights {
		XavierUniform_(w)
	}
	if !o.NoBias {
		draw(func() { m.OutProj.Bias.Fill_(0) })
	}
	return m
}

// AttendOptions are those of [MultiheadAttention.Attend].
type AttendOptions struct {
	Mask        *torch.Tensor // L×S or N·heads×L×S: bool, true where nothing is looked at, or numbers that are added
	KeyPadding  *torch.Tensor // N×S: bool, true where a key is padding, or numbers that are added
	NeedWeights bool          // the weights too, averaged over the heads: N×L×S
}

// Forward is the sequence's attention to itself.
func (m *MultiheadAttention) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	y, _ := m.Attend(x, x, x, AttendOptions{})
	return m.ran(x, y)
}

// Attend is the attention of queries N×L×E to keys N×S×KDim and values N×S×VDim (L×N×E, S×N×… unless BatchFirst; L×E and S×… of a single
// item, whose results and KeyPadding have no N either), and the weights, nil unless they are needed.
func (m *MultiheadAttention) Attend(q, k, v *torch.Tensor, o AttendOptions) (y, weights *torch.Tensor) {
	given(m)
	const op = "multihead_attention"
	check(op, m.heads > 0, "make it by NewMultiheadAttention")
	batch := int64(1)
	if m.options.BatchFirst {
		batch = 0
	}
	n := q.Dim()
	check(op, (n == 2 || n == 3) && k.Dim() == n && v.Dim() == n, "expected queries, keys and values of three dimensions, or of two for a single item, got %v, %v and %v", q.Shape(), k.Shape(), v.Shape())
	if n == 2 {
		if o.KeyPadding != nil {
			check(op, o.KeyPadding.Dim() == 1, "expected a KeyPadding of one dimension for a single item, got %v", o.KeyPadding.Shape())
			o.KeyPadding = o.KeyPadding.Unsqueeze(0)
		}
		y, weights = m.attend(q.Unsqueeze(batch), k.Unsqueeze(batch), v.Unsqueeze(batch), o, batch)
		if weights != nil {
			weights = weights.Squeeze(0)
		}
		return y.Squeeze(batch), weights
	}
	return m.attend(q, k, v, o, batch)
}

// attend is Attend of batches, which are the dimension batch.
func (m *MultiheadAttention) attend(q, k, v *torch.Tensor, o AttendOptions, batch int64) (y, weights *torch.Tensor) {
	e, n, l, s := m.embed, q.Size(int(batch)), q.Size(int(1-batch)), k.Size(int(1-batch))
	check("multihead_attention", q.Size(-1) == e && k.Size(-1) == m.options.KDim && v.Size(-1) == m.options.VDim,
		"expected %d, %d and %d numbers at each place, got queries %v, keys %v and values %v", e, m.options.KDim, m.options.VDim, q.Shape(), k.Shape(), v.Shape())
	check("multihead_attention", k.Size(int(batch)) == n && v.Size(int(batch)) == n && v.Size(int(1-batch)) == s,
		"expected as many items, and as many values as keys, got queries %v, keys %v and values %v", q.Shape(), k.Shape(), v.Shape())
	heads := func(x *torch.Tensor, part int64) *torch.Tensor { // N×heads×L×E/heads
		w, b := m.projection(part, x.Scope())
		x = torch.Linear(x, w, b)
		if batch == 1 {
			x = x.Transpose(0, 1)
		}
		return x.Reshape(n, -1, m.heads, e/m.heads).Transpose(1, 2)
	}
	qs, ks, vs := heads(q, 0), heads(k, 1), heads(v, 2)
	mask := m.mask(o, q, l, s, n)
	dropout := 0.0
	if m.Training() {
		dropout = m.options.Dropout
	}
	if o.NeedWeights {
		weights = qs.MulScalar(math.Sqrt(1 / float64(e/m.heads))).MatMul(ks.Transpose(-2, -1))
		if mask != nil {
			weights = weights.Add(mask)
		}
		weights = torch.Dropout(weights.Softmax(-1), dropout)
		y, weights = weights.MatMul(vs), weights.Mean(1)
	} else {
		y = torch.ScaledDotProductAttention(qs, ks, vs, torch.AttentionOptions{Mask: mask, DropoutP: dropout})
	}
	y = Call(m.OutProj, y.Permute(2, 0, 1, 3).Reshape(l, n, e)) // in PyTorch's layout, which says in what order a dropout draws
	if batch == 0 {
		y = y.Transpose(0, 1)
	}
	return y, weights
}

// projection returns the weight and the bias of queries, keys or values in scope s.
func (m *MultiheadAttention) projection(part int64, s *torch.Scope) (weight, bias *torch.Tensor) {
	if bias = m.InProjBias; bias != nil {
		bias = bias.Narrow(0, part*m.embed, m.embed).MoveTo(s)
	}
	if m.InProjWeight != nil {
		return m.InProjWeight.Narrow(0, part*m.embed, m.embed).MoveTo(s), bias
	}
	return []*torch.Tensor{m.QProjWeight, m.KProjWeight, m.VProjWeight}[part], bias
}

// mask joins both masks to one that is added to N×heads×L×S, nil for none.
func (m *MultiheadAttention) mask(o AttendOptions, like *torch.Tensor, l, s, n int64) *torch.Tensor {
	fits := func(what string, mask *torch.Tensor, shapes ...[]int64) {
		if mask != nil {
			check("multihead_attention", mask.DType() == torch.Bool || mask.DType().IsFloatingPoint(), "%s is of %v: only bool and floating types are supported", what, mask.DType())
			check("multihead_attention", slices.ContainsFunc(shapes, func(shape []int64) bool { return slices.Equal(shape, mask.Shape()) }), "%s is %v: want %v", what, mask.Shape(), shapes)
		}
	}
	fits("Mask", o.Mask, []int64{l, s}, []int64{n * m.heads, l, s})
	fits("KeyPadding", o.KeyPadding, []int64{n, s})
	mask, padding := additive(o.Mask, like), additive(o.KeyPadding, like)
	if mask != nil && mask.Dim() == 3 {
		mask = mask.View(n, m.heads, l, s)
	}
	if padding != nil {
		padding = padding.View(n, 1, 1, s)
	}
	if mask == nil || padding == nil {
		return cmp.Or(mask, padding)
	}
	return mask.Add(padding)
}

// additive makes of a mask that is true where nothing is looked at one of 0 and -∞.
func additive(mask, like *torch.Tensor) *torch.Tensor {
	if mask == nil || mask.DType() != torch.Bool {
		return mask
	}
	zeros := like.Scope().With(like.DType(), like.Device()).Zeros(mask.Shape()...)
	return zeros.MaskedFill(mask, math.Inf(-1))
}
