package nn

import "github.com/fastlearn-go/fastlearn/torch"

// ConvNorm is a convolution and the batch norm that alone takes its output.
type ConvNorm struct {
	Conv *Conv2d
	Norm *BatchNorm
}

// A container of one's own that has such pairs says so; [Sequential] does.
type convNorms interface{ ConvNorms() []ConvNorm }

// ConvNorms are the pairs among the children, which run one after the other.
func (s *Sequential) ConvNorms() []ConvNorm { return Pairs(s.Modules()) }

// Pairs are the convolutions that a batch norm follows in a row of modules.
func Pairs(row []Module) (pairs []ConvNorm) {
	for i := range len(row) - 1 {
		conv, ok := row[i].(*Conv2d)
		norm, ok2 := row[i+1].(*BatchNorm)
		if ok && ok2 {
			pairs = append(pairs, ConvNorm{conv, norm})
		}
	}
	return pairs
}

// FoldBatchNorms puts every batch norm of m that follows a convolution into that
// convolution's weight and bias, for evaluation alone; the norm then hands on what it
// gets. Outputs stay the same within rounding. Afterwards m can only be run and closed: its
// state_dict is no longer that of its architecture.
func FoldBatchNorms(m Module) error {
	return torch.Try(func() {
		torch.NoGrad(func() {
			Walk(m, func(_ string, m Module) {
				if c, ok := m.(convNorms); ok {
					for _, pair := range c.ConvNorms() {
						pair.fold()
					}
				}
			})
		})
	})
}

// fold computes in float64, so that rounding happens once.
func (p ConvNorm) fold() {
	if p.Norm.folded {
		return
	}
	s := torch.NewScope()
	defer s.Close()
	wide := func(t *torch.Tensor) *torch.Tensor { return t.Detach().MoveTo(s).To(torch.Float64) }
	scale := wide(p.Norm.Weight).Div(wide(p.Norm.RunningVar).AddScalar(1e-5).Sqrt())
	shift := wide(p.Norm.Bias).Sub(wide(p.Norm.RunningMean).Mul(scale))
	if p.Conv.Bias != nil {
		shift = shift.Add(wide(p.Conv.Bias).Mul(scale))
	}
	w := p.Conv.Weight
	folded := wide(w).Mul(scale.Reshape(-1, 1, 1, 1)).To(w.DType())
	w.Detach().MoveTo(s).Copy_(folded)
	bias := shift.To(w.DType()).Keep()
	if p.Conv.Bias == nil {
		p.Conv.Bias = p.Conv.RegisterParameter("bias", bias)
	} else {
		p.Conv.Bias.Detach().MoveTo(s).Copy_(bias)
		bias.Close()
	}
	p.Norm.folded = true
}

// PackConvs lays the weights of m's convolutions out as oneDNN wants them for inputs of x's
// shape, a float32 batch on the CPU, and frees the weights themselves: m can then only be
// run without gradients, and closed. Where libtorch has no oneDNN it changes nothing.
func PackConvs(m Module, x *torch.Tensor) error {
	if !torch.HasOneDNN() || x.Device().IsCUDA() || x.DType() != torch.Float32 {
		return nil
	}
	each := func(do func(*Conv2d)) {
		Walk(m, func(_ string, m Module) {
			if conv, ok := m.(*Conv2d); ok {
				do(conv)
			}
		})
	}
	each(func(c *Conv2d) { c.packNext = true })
	defer each(func(c *Conv2d) { c.packNext = false })
	return torch.Try(func() {
		torch.NoGrad(func() {
			if y := m.Forward(x); y != x {
				y.Close()
			}
		})
	})
}

// pack is done in a forward pass, which tells the shape of the input.
func (m *Conv2d) pack(x *torch.Tensor) {
	m.packed = torch.PackConv2d(m.Weight, m.options, x.Shape()).Keep()
	m.OnClose(m.packed.Close)
	m.Weight.Close()
	m.packNext = false
}
