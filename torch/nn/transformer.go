package nn

import "github.com/fastlearn-go/fastlearn/torch"

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
