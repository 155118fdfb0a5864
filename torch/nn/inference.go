package nn

import "github.com/fastlearn-go/fastlearn/torch"

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
	each(func(c *Conv2d) { c.packNext = c.packed == nil })
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
