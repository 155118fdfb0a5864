package nn

import (
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// weighted is a layer that can run with another weight than its own.
type weighted interface {
	Module
	with(x, weight *torch.Tensor) *torch.Tensor
	weightAndBias() (weight, bias *torch.Tensor)
	outputDim() int // of the weight
}

func (m *Linear) with(x, weight *torch.Tensor) *torch.Tensor { return torch.Linear(x, weight, m.Bias) }
func (m *Embedding) with(x, weight *torch.Tensor) *torch.Tensor {
	return torch.Embedding(x, weight, m.padding)
}
func (m *convolution) with(x, weight *torch.Tensor) *torch.Tensor {
	return m.convolve(x, weight, m.Bias)
}
func (m *Conv2d) with(x, weight *torch.Tensor) *torch.Tensor {
	return m.padding.around(x, func(x *torch.Tensor) *torch.Tensor { return torch.Conv2d(x, weight, m.Bias, m.options) })
}

func (m *Linear) weightAndBias() (weight, bias *torch.Tensor)      { return m.Weight, m.Bias }
func (m *Embedding) weightAndBias() (weight, bias *torch.Tensor)   { return m.Weight, nil }
func (m *convolution) weightAndBias() (weight, bias *torch.Tensor) { return m.Weight, m.Bias }
func (m *Conv2d) weightAndBias() (weight, bias *torch.Tensor)      { return m.Weight, m.Bias }

func (m *Linear) outputDim() int    { return 0 }
func (m *Embedding) outputDim() int { return 0 }
func (m *Conv2d) outputDim() int    { return 0 }
func (m *convolution) outputDim() int {
	if m.options.Transposed {
		return 1
	}
	return 0
}

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

// SpectralNorm returns m, a linear layer, an embedding or a convolution, with its weight divided by its largest singular value,
// which is estimated by one step of the power iteration in each pass in training (torch.nn.utils.parametrizations.spectral_norm). m belongs to the result.
func SpectralNorm(m Module) *Parametrized { return spectralNorm(m, false) }

func spectralNorm(m Module, legacy bool) *Parametrized {
	r, weight := parametrized("spectral_norm", m, legacy)
	r.what = "_SpectralNorm"
	n := weight.Size(r.layer.outputDim())
	u, v := empty(n), empty(weight.Numel()/max(n, 1))
	draw(func() {
		for _, t := range []*torch.Tensor{u, v} {
			t.Normal_(0, 1)
			normalize_(t, t)
		}
		if !legacy {
			r.iterate(weight, u, v, initialSteps)
		}
	})
	trained := weight.RequiresGrad()
	if legacy {
		r.RegisterParameter("weight_orig", weight)
		r.RegisterBuffer("weight_u", u)
		r.RegisterBuffer("weight_v", v)
	} else {
		list, first := r.parts()
		list.RegisterParameter("original", weight)
		first.RegisterBuffer("_u", u)
		first.RegisterBuffer("_v", v)
	}
	weight.RequiresGrad_(trained)
	r.compute = func(own func(*torch.Tensor) *torch.Tensor) *torch.Tensor {
		if r.Training() {
			torch.NoGrad(func() { r.iterate(weight, u, v, 1) })
		}
		original := own(weight)
		left, right := own(u).Clone(), own(v).Clone() // the next pass writes into them, maybe before this one's backward pass
		return original.Div(left.Dot(call("aten::mv", r.matrix(original), right)))
	}
	return r
}

// initialSteps counts PyTorch's 15 steps of the power iteration, and that of the pass in which it tries the parametrization.
const initialSteps = 16

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

// matrix is a weight with one row for each output.
func (m *Parametrized) matrix(weight *torch.Tensor) *torch.Tensor {
	if m.layer.outputDim() == 1 {
		order := []int64{1, 0, 2, 3, 4}
		weight = weight.Permute(order[:weight.Dim()]...)
	}
	return weight.Flatten(1, -1)
}

// iterate brings u and v nearer to the first singular vectors of the weight, in PyTorch's order.
func (m *Parametrized) iterate(weight, u, v *torch.Tensor, times int) {
	s := torch.NewScope()
	defer s.Close()
	w := m.matrix(weight.Detach().MoveTo(s))
	left := func() { normalize_(u, call("aten::mv", w, v)) }
	right := func() { normalize_(v, call("aten::mv", w.Transpose(0, 1), u)) }
	for range times {
		if m.legacy {
			right()
			left()
		} else {
			left()
			right()
		}
	}
}

// normalize_ writes t, made of length 1, to out.
func normalize_(out, t *torch.Tensor) {
	s := torch.NewScope()
	defer s.Close()
	t = t.Detach().MoveTo(s)
	out.Copy_(t.Div(t.KeepDim().Norm(2, 0).Clamp(1e-12, math.Inf(1))))
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
