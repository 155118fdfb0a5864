package nn

import "github.com/fastlearn-go/fastlearn/torch"

// The activations of torch.nn, whose zero values have PyTorch's defaults. What can work in place does so with InPlace,
// where nobody else reads the input.
type (
	// GELU is x·Φ(x); Approximate is "none" (the default) or "tanh".
	GELU struct {
		Base
		Approximate string
	}
	// SiLU is x·sigmoid(x).
	SiLU struct {
		Base
		InPlace bool
	}
	// Mish is x·tanh(softplus(x)).
	Mish struct {
		Base
		InPlace bool
	}
	// Hardswish is x·clamp(x+3, 0, 6)/6.
	Hardswish struct {
		Base
		InPlace bool
	}
	// Hardsigmoid is clamp(x+3, 0, 6)/6.
	Hardsigmoid struct {
		Base
		InPlace bool
	}
	// ReLU6 is clamp(x, 0, 6).
	ReLU6 struct {
		Base
		InPlace bool
	}
	// LeakyReLU is x where it is positive, else NegativeSlope·x; 0 is the default, 0.01.
	LeakyReLU struct {
		Base
		NegativeSlope float64
		InPlace       bool
	}
	// ELU is x where it is positive, else Alpha·(exp(x)-1); 0 is the default, 1.
	ELU struct {
		Base
		Alpha   float64
		InPlace bool
	}
	// Sigmoid is 1/(1+exp(-x)).
	Sigmoid struct{ Base }
	// Tanh is the hyperbolic tangent.
	Tanh struct{ Base }
	// Softmax makes the elements along Dim positive with sum 1.
	Softmax struct {
		Base
		Dim int64
	}
	// SigmoidRange is a sigmoid between Low and High (fastai).
	SigmoidRange struct {
		Base
		Low, High float64
	}
	// PReLU is x where it is positive, else the weight's slope times x, one slope for all or one for each channel.
	PReLU struct {
		Base
		Weight *torch.Tensor // 1 or C
	}
)

// NewPReLU makes a PReLU of so many slopes, each 0.25.
func NewPReLU(slopes int64) *PReLU {
	m := &PReLU{}
	m.Weight = m.parameter((*torch.Scope)(nil).Full(0.25, slopes))
	return m
}

// activate computes an activation: by op, or by op with an underscore in place.
func (b *Base) activate(x *torch.Tensor, inPlace bool, op string, args ...any) *torch.Tensor {
	if inPlace {
		op += "_"
	}
	return b.ran(x, call("aten::"+op, append([]any{x}, args...)...))
}

// Forward returns x's shape, as of every activation.
func (m *GELU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Gelu(m.approximate()))
}

func (m *GELU) approximate() string {
	if m.Approximate == "" {
		return "none"
	}
	return m.Approximate
}

// Forward is SiLU's.
func (m *SiLU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "silu")
}

// Forward is Mish's.
func (m *Mish) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "mish")
}

// Forward is Hardswish's.
func (m *Hardswish) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "hardswish")
}

// Forward is Hardsigmoid's.
func (m *Hardsigmoid) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "hardsigmoid")
}

// Forward is ReLU6's.
func (m *ReLU6) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "hardtanh", 0, 6)
}

// Forward is LeakyReLU's.
func (m *LeakyReLU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "leaky_relu", usual(m.NegativeSlope, 0.01))
}

// Forward is ELU's.
func (m *ELU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.activate(x, m.InPlace, "elu", usual(m.Alpha, 1))
}

// Forward is Sigmoid's.
func (m *Sigmoid) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Sigmoid())
}

// Forward is Tanh's.
func (m *Tanh) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Tanh())
}

// Forward is Softmax's.
func (m *Softmax) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Softmax(m.Dim))
}

// Forward maps any numbers to Low … High.
func (m *SigmoidRange) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, x.Sigmoid().MulScalar(m.High-m.Low).AddScalar(m.Low))
}

// Forward takes channels from dimension 1.
func (m *PReLU) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	return m.ran(x, call("aten::prelu", x, m.Weight))
}

// usual is v, or the default where v is 0.
func usual[T int64 | float64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// inplace is what PyTorch prints of an activation.
func inplace(m Module, on bool) string {
	if on {
		return repr(m, "inplace=True")
	}
	return repr(m, "")
}

func (m *ReLU) String() string { return printed(m, func() string { return inplace(m, m.InPlace) }) }
func (m *GELU) String() string {
	return printed(m, func() string { return repr(m, "approximate='%v'", m.approximate()) })
}
func (m *SiLU) String() string        { return printed(m, func() string { return inplace(m, m.InPlace) }) }
func (m *Mish) String() string        { return printed(m, func() string { return inplace(m, m.InPlace) }) }
func (m *Hardswish) String() string   { return printed(m, func() string { return repr(m, "") }) }
func (m *Hardsigmoid) String() string { return printed(m, func() string { return repr(m, "") }) }
func (m *ReLU6) String() string       { return printed(m, func() string { return inplace(m, m.InPlace) }) }
func (m *LeakyReLU) String() string {
	return printed(m, func() string {
		s := repr(m, "negative_slope=%v", usual(m.NegativeSlope, 0.01))
		if m.InPlace {
			s = s[:len(s)-1] + ", inplace=True)"
		}
		return s
	})
}
func (m *ELU) String() string {
	return printed(m, func() string {
		s := repr(m, "alpha=%v", usual(m.Alpha, 1))
		if m.InPlace {
			s = s[:len(s)-1] + ", inplace=True)"
		}
		return s
	})
}
func (m *Sigmoid) String() string { return printed(m, func() string { return repr(m, "") }) }
func (m *Tanh) String() string    { return printed(m, func() string { return repr(m, "") }) }
func (m *Softmax) String() string {
	return printed(m, func() string { return repr(m, "dim=%v", m.Dim) })
}
func (m *PReLU) String() string {
	return printed(m, func() string { return repr(m, "num_parameters=%v", m.Weight.Numel()) })
}
func (m *Linear) String() string {
	return printed(m, func() string {
		return repr(m, "in_features=%v, out_features=%v, bias=%v", m.Weight.Size(1), m.Weight.Size(0), m.Bias != nil)
	})
}
func (m *Flatten) String() string {
	return printed(m, func() string { return repr(m, "start_dim=1, end_dim=-1") })
}
func (s *Sequential) String() string { return printed(s, func() string { return reprTree(s) }) }
