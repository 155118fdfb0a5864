package nn

import (
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Parametrized is a layer whose weight is computed in each pass from other parameters, see [WeightNorm] and [SpectralNorm].
type Parametrized struct {
	Base
	layer   weighted                                                  `nn:"-"`
	compute func(own func(*torch.Tensor) *torch.Tensor) *torch.Tensor // own puts a parameter into the scope of the pass
	legacy  bool                                                      // the keys are those of torch.nn.utils
	what    string                                                    // PyTorch's class
}

// WeightNorm returns m, a linear layer, an embedding or a convolution, with its weight split into the norm for each index of its
// first dimension and the direction (torch.nn.utils.parametrizations.weight_norm). m belongs to the result.
func WeightNorm(m Module) *Parametrized { return weightNorm(m, false) }

func weightNorm(m Module, legacy bool) *Parametrized {
	r, weight := parametrized("weight_norm", m, legacy)
	r.what = "_WeightNorm"
	var norm *torch.Tensor
	torch.NoGrad(func() { norm = call("aten::norm_except_dim", weight, 2, 0) })
	names, of := []string{"original0", "original1"}, &r.Base
	if legacy {
		names = []string{"weight_g", "weight_v"}
	} else {
		of, _ = r.parts()
	}
	trained := weight.RequiresGrad()
	of.RegisterParameter(names[0], norm).RequiresGrad_(trained)
	of.RegisterParameter(names[1], weight).RequiresGrad_(trained)
	r.compute = func(own func(*torch.Tensor) *torch.Tensor) *torch.Tensor {
		return call("aten::_weight_norm", own(weight), own(norm), 0)
	}
	return r
}

// parametrized takes m's bias and mode, and returns its weight for registering. What is frozen stays so.
func parametrized(op string, m Module, legacy bool) (r *Parametrized, weight *torch.Tensor) {
	layer, ok := m.(weighted)
	check(op, ok && !isNil(m), "a %T can't be parametrized: want a linear layer, an embedding or a convolution", m)
	weight, bias := layer.weightAndBias()
	check(op, weight != nil, "the layer has no weight: make it by its constructor")
	r = &Parametrized{layer: layer, legacy: legacy}
	if r.eval = layer.base().eval; bias != nil {
		trained := bias.RequiresGrad()
		r.RegisterParameter("bias", bias).RequiresGrad_(trained)
	}
	return r, weight
}

// parts makes the modules that hold what PyTorch's parametrizations hold: parametrizations.weight and parametrizations.weight.0.
func (m *Parametrized) parts() (list, first *Base) {
	all, weight, zero := &Part{}, &Part{}, &Part{}
	m.Register("parametrizations", all)
	all.Register("weight", weight)
	weight.Register("0", zero)
	return &weight.Base, &zero.Base
}

// Forward runs the layer with the computed weight.
func (m *Parametrized) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	check("forward", m.compute != nil, "make it by WeightNorm or SpectralNorm")
	s := x.Scope().Child()
	defer s.Close()
	weight := m.compute(func(t *torch.Tensor) *torch.Tensor { return t.In(s) })
	return m.ran(x, m.layer.with(x, weight).MoveTo(x.Scope()))
}

// String returns what PyTorch prints.
func (m *Parametrized) String() string {
	return printed(m, func() string {
		if m.layer == nil {
			return repr(m, "")
		}
		text := fmt.Sprint(m.layer)
		if m.legacy {
			return text
		}
		name, args, _ := strings.Cut(text, "(")
		return "Parametrized" + name + "(\n  " + strings.TrimSuffix(args, ")") + "\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): " +
			m.what + "()\n    )\n  )\n)"
	})
}
