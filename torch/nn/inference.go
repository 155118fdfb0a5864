package nn

import "github.com/fastlearn-go/fastlearn/torch"

// packing says what a convolution's forward pass does with its weight.
type packing int

const (
	packNever   packing = iota
	packForGood         // pack it once and free the weight
	packForNow          // pack it where it has changed since, and keep both
)

// PackConvs lays the weights of m's convolutions out as oneDNN wants them for inputs of x's
// shape, a float32 batch on the CPU, and frees the weights themselves: m can then only be
// run without gradients, and closed. Where libtorch has no oneDNN it changes nothing.
func PackConvs(m Module, x *torch.Tensor) error {
	if !canPack(x) {
		return nil
	}
	eachConv(m, func(c *Conv2d) { c.packing = packForGood })
	defer eachConv(m, func(c *Conv2d) {
		if c.packed == nil { // m doesn't run it
			c.packing = packNever
		}
	})
	return torch.Try(func() {
		torch.NoGrad(func() {
			if y := m.Forward(x); y != x {
				y.Close()
			}
		})
	})
}

// WithPackedConvs runs f, in which m's forward passes use weights that are laid out as oneDNN
// wants them: without gradients, in float32 on the CPU, and of use for small batches, where
// laying them out in each call costs much of it. They are kept beside m's own until m is closed
// or [FreePackedConvs] is called; a weight that has changed meanwhile is laid out anew.
func WithPackedConvs(m Module, f func()) {
	set := func(p packing) func(*Conv2d) {
		return func(c *Conv2d) {
			if c.packing != packForGood {
				c.packing = p
			}
		}
	}
	eachConv(m, set(packForNow))
	defer eachConv(m, set(packNever))
	f()
}

// FreePackedConvs frees what [WithPackedConvs] keeps.
func FreePackedConvs(m Module) {
	eachConv(m, func(c *Conv2d) {
		if c.source != nil {
			c.unpack()
		}
	})
}

func eachConv(m Module, do func(*Conv2d)) {
	Walk(m, func(_ string, m Module) {
		if conv, ok := m.(*Conv2d); ok {
			do(conv)
		}
	})
}

func canPack(x *torch.Tensor) bool {
	return torch.HasOneDNN() && !x.Device().IsCUDA() && x.DType() == torch.Float32
}

// usesPacked tells whether x is to be convolved with the packed weight, and packs it if need be.
// The shape of the input is known only in a forward pass.
func (m *Conv2d) usesPacked(x *torch.Tensor) bool {
	switch m.packing {
	case packForGood:
		if m.packed == nil {
			m.pack(x)
			m.Weight.Close()
		}
		return true
	case packForNow:
		if !canPack(x) || !canPack(m.Weight) {
			return false
		}
		if m.packed == nil || m.version != m.Weight.Version() || !m.source.SharesMemory(m.Weight) {
			m.unpack()
			m.pack(x)
			m.source, m.version = m.Weight.Detach().Keep(), m.Weight.Version()
		}
		return true
	}
	return false
}

func (m *Conv2d) pack(x *torch.Tensor) {
	m.packed = torch.PackConv2d(m.Weight, m.options, x.Shape()).Keep()
	m.OnClose(m.unpack)
}

func (m *Conv2d) unpack() {
	for _, t := range []*torch.Tensor{m.packed, m.source} {
		if t != nil {
			t.Close()
		}
	}
	m.packed, m.source = nil, nil
}
