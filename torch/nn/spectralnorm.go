package nn

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

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
