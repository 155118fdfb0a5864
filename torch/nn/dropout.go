package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Dropout zeroes elements with probability P, 0 to 1, in training and scales the others by 1/(1-P).
type Dropout struct {
	Base
	P float64
}

// Forward returns x itself in evaluation.
func (m *Dropout) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("dropout", m.P >= 0 && m.P <= 1, "P is %v: a probability has to be between 0 and 1", m.P)
	if !m.Training() || m.P == 0 {
		return m.ran(x, x)
	}
	return m.ran(x, torch.Dropout(x, m.P))
}

// Dropout2d zeroes whole channels of N×C×… with probability P, 0 to 1, in training and scales the others by 1/(1-P).
type Dropout2d struct {
	Base
	P float64
}

// Forward returns x itself in evaluation.
func (m *Dropout2d) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("dropout2d", m.P >= 0 && m.P <= 1, "P is %v: a probability has to be between 0 and 1", m.P)
	if !m.Training() || m.P == 0 {
		return m.ran(x, x)
	}
	return m.ran(x, call("aten::feature_dropout", x, m.P, true))
}

// StochasticDepth zeroes its input with probability P in training and divides what stays by 1-P: each item by itself, Mode
// "row", or the batch as one, Mode "batch" (torchvision.ops.StochasticDepth).
type StochasticDepth struct {
	Base
	P    float64
	Mode string
}

// Forward returns x itself in evaluation.
func (m *StochasticDepth) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("stochastic_depth", m.P >= 0 && m.P <= 1, "P is %v: a probability has to be between 0 and 1", m.P)
	check("stochastic_depth", m.Mode == "batch" || m.Mode == "row", "Mode is %q: want \"batch\" or \"row\"", m.Mode)
	if !m.Training() || m.P == 0 {
		return m.ran(x, x)
	}
	shape := slices.Repeat([]int64{1}, x.Dim())
	if m.Mode == "row" {
		shape[0] = x.Size(0)
	}
	noise := x.Scope().With(x.DType(), x.Device()).Empty(shape...).Bernoulli_(1 - m.P)
	defer noise.Close()
	if m.P < 1 {
		noise.MulScalar_(1 / (1 - m.P))
	}
	return m.ran(x, x.Mul(noise))
}

func (m *Dropout) String() string {
	return printed(m, func() string { return repr(m, "p=%v, inplace=False", m.P) })
}
func (m *Dropout2d) String() string {
	return printed(m, func() string { return repr(m, "p=%v, inplace=False", m.P) })
}
func (m *StochasticDepth) String() string {
	return printed(m, func() string {
		return "StochasticDepth(p=" + py(m.P) + ", mode=" + m.Mode + ")"
	})
}
