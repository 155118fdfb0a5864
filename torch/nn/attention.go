package nn

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

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

// NewPaddedEmbedding is [NewEmbedding] whose vector at index padding is 0 and isn't trained (padding_idx).
func NewPaddedEmbedding(n, d, padding int64) *Embedding {
	check("embedding", padding >= 0 && padding < n, "padding is %d: want an index below %d", padding, n)
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

// AttentionOptions are those of [NewMultiheadAttention] and [NewTransformerEncoderLayer].
type AttentionOptions struct {
	Dropout    float64 // in training; of a TransformerEncoderLayer PyTorch's default is 0.1
	BatchFirst bool    // N×L×E, otherwise L×N×E, PyTorch's default
	NoBias     bool

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
	InProjWeight, InProjBias *torch.Tensor // 3E×E and 3E, of queries, keys and values; no bias with NoBias
	OutProj                  *Linear
	heads                    int64
	options                  AttentionOptions
}

// NewMultiheadAttention makes an attention of embed numbers at each place, divided among heads.
func NewMultiheadAttention(embed, heads int64, o AttentionOptions) *MultiheadAttention {
	check("multihead_attention", embed > 0 && heads > 0 && embed%heads == 0, "embed_dim %d must be above 0 and divisible by num_heads %d", embed, heads)
	check("multihead_attention", o.Dropout >= 0 && o.Dropout <= 1, "Dropout is %v: a probability has to be between 0 and 1", o.Dropout)
	m := &MultiheadAttention{heads: heads, options: o}
	m.InProjWeight = m.parameter(empty(3*embed, embed))
	if !o.NoBias {
		m.InProjBias = m.parameter((*torch.Scope)(nil).Zeros(3 * embed))
	}
	m.OutProj = NewLinear(embed, embed, o.linear()...)
	XavierUniform_(m.InProjWeight)
	if !o.NoBias {
		draw(func() { m.OutProj.Bias.Fill_(0) })
	}
	return m
}

// AttendOptions are those of [MultiheadAttention.Attend].
type AttendOptions struct {
	Mask        *torch.Tensor // L×S or N·heads×L×S: bool, true where nothing is looked at, or numbers that are added
	KeyPadding  *torch.Tensor // N×S, bool: true where a key is padding
	NeedWeights bool          // the weights too, averaged over the heads: N×L×S
}

// Forward is the sequence's attention to itself.
func (m *MultiheadAttention) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	y, _ := m.Attend(x, x, x, AttendOptions{})
	return m.ran(x, y)
}

// Attend is the attention of queries N×L×E to keys and values N×S×E (L×N×E and S×N×E unless BatchFirst), and the
// weights, nil unless they are needed.
func (m *MultiheadAttention) Attend(q, k, v *torch.Tensor, o AttendOptions) (y, weights *torch.Tensor) {
	given(m)
	check("multihead_attention", q.Dim() == 3, "expected three dimensions, got %v", q.Shape())
	e := m.InProjWeight.Size(1)
	check("multihead_attention", q.Size(-1) == e && k.Size(-1) == e && v.Size(-1) == e, "expected %d numbers at each place, got %v, %v and %v", e, q.Shape(), k.Shape(), v.Shape())
	heads := func(x *torch.Tensor, part int64) *torch.Tensor { // N×heads×L×E/heads
		w, b := m.InProjWeight.Narrow(0, part*e, e).MoveTo(x.Scope()), m.InProjBias
		if b != nil {
			b = b.Narrow(0, part*e, e).MoveTo(x.Scope())
		}
		x = torch.Linear(x, w, b)
		if !m.options.BatchFirst {
			x = x.Transpose(0, 1)
		}
		return x.Reshape(x.Size(0), x.Size(1), m.heads, e/m.heads).Transpose(1, 2)
	}
	qs, ks, vs := heads(q, 0), heads(k, 1), heads(v, 2)
	n, l, s := qs.Size(0), qs.Size(2), ks.Size(2)
	mask := additive(o.Mask, q)
	if mask != nil && mask.Dim() == 3 {
		mask = mask.View(n, m.heads, l, s)
	}
	if padding := additive(o.KeyPadding, q); padding != nil {
		padding = padding.View(n, 1, 1, s)
		if mask == nil {
			mask = padding
		} else {
			mask = mask.Add(padding)
		}
	}
	dropout := 0.0
	if m.Training() {
		dropout = m.options.Dropout
	}
	if o.NeedWeights {
		weights = qs.MulScalar(1 / math.Sqrt(float64(e/m.heads))).MatMul(ks.Transpose(-2, -1))
		if mask != nil {
			weights = weights.Add(mask)
		}
		weights = torch.Dropout(weights.Softmax(-1), dropout)
		y, weights = weights.MatMul(vs), weights.Mean(1)
	} else {
		y = torch.ScaledDotProductAttention(qs, ks, vs, torch.AttentionOptions{Mask: mask, DropoutP: dropout})
	}
	y = Call(m.OutProj, y.Permute(2, 0, 1, 3).Reshape(l, n, e)) // in PyTorch's layout, which says in what order a dropout draws
	if m.options.BatchFirst {
		y = y.Transpose(0, 1)
	}
	return y, weights
}

// additive makes of a mask that is true where nothing is looked at one of 0 and -∞.
func additive(mask, like *torch.Tensor) *torch.Tensor {
	if mask == nil || mask.DType() != torch.Bool {
		return mask
	}
	zeros := like.Scope().With(like.DType(), like.Device()).Zeros(mask.Shape()...)
	return zeros.MaskedFill(mask, math.Inf(-1))
}

// TransformerEncoderLayer is attention and two linear layers, each with a norm and a way around it (torch.nn's).
type TransformerEncoderLayer struct {
	Base
	SelfAttn     *MultiheadAttention
	Linear1      *Linear
	Dropout      *Dropout
	Linear2      *Linear
	Norm1, Norm2 *LayerNorm
	Dropout1     *Dropout
	Dropout2     *Dropout
	options      AttentionOptions
}

// NewTransformerEncoderLayer makes a layer of model numbers at each place; PyTorch's feedforward is 2048.
func NewTransformerEncoderLayer(model, heads, feedforward int64, o AttentionOptions) *TransformerEncoderLayer {
	check("transformer_encoder_layer", o.Activation == "" || o.Activation == "relu" || o.Activation == "gelu", "activation should be relu/gelu, not %s", o.Activation)
	m := &TransformerEncoderLayer{options: o, SelfAttn: NewMultiheadAttention(model, heads, o), Linear1: NewLinear(model, feedforward, o.linear()...)}
	norm := []NormOption{Eps(usual(o.Eps, 1e-5))}
	if o.NoBias {
		norm = append(norm, NoBias())
	}
	m.Linear2 = NewLinear(feedforward, model, o.linear()...)
	m.Norm1, m.Norm2 = NewLayerNorm(model, norm...), NewLayerNorm(model, norm...)
	m.Dropout, m.Dropout1, m.Dropout2 = &Dropout{P: o.Dropout}, &Dropout{P: o.Dropout}, &Dropout{P: o.Dropout}
	return m
}

// Forward maps N×L×E, L×N×E unless BatchFirst, to its own shape.
func (m *TransformerEncoderLayer) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, m.Masked(x, AttendOptions{}))
}

// Masked is Forward with masks.
func (m *TransformerEncoderLayer) Masked(x *torch.Tensor, o AttendOptions) *torch.Tensor {
	given(m)
	o.NeedWeights = false
	attend := func(x *torch.Tensor) *torch.Tensor {
		y, _ := m.SelfAttn.Attend(x, x, x, o)
		return Call(m.Dropout1, y)
	}
	feed := func(x *torch.Tensor) *torch.Tensor {
		x = Call(m.Linear1, x)
		if m.options.Activation == "gelu" {
			x = x.Gelu("none")
		} else {
			x = x.Relu()
		}
		return Call(m.Dropout2, Call(m.Linear2, Call(m.Dropout, x)))
	}
	if m.options.NormFirst {
		x = x.Add(attend(Call(m.Norm1, x)))
		return x.Add(feed(Call(m.Norm2, x)))
	}
	x = Call(m.Norm1, x.Add(attend(x)))
	return Call(m.Norm2, x.Add(feed(x)))
}
