package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// packedConv is a convolution's weight as oneDNN wants it, with the norm behind it folded in.
type packedConv struct {
	weight, bias *torch.Tensor // bias nil without one
	norm         *BatchNorm    // nil: none

	of      *torch.Tensor // the weight that it was made of, whose memory so isn't used again by another
	version int64         // of that weight
	numbers []float32     // the convolution's bias and all of the norm, which libtorch changes without counting
}

// ready is the packed weight for a pass of x and of the norm behind the convolution, nil where
// the pass has to do without.
func (m *Conv2d) ready(x *torch.Tensor, norm *BatchNorm) *packedConv {
	if !m.packing || torch.GradEnabled() || norm != nil && (norm.Training() || norm.RunningMean == nil) || !plain(x) || !plain(m.Weight) {
		return nil
	}
	if m.packed.isOf(m, norm) {
		return m.packed
	}
	m.unpack()
	if v := 1 + m.Weight.Version(); v != m.seen {
		m.seen = v
		return nil
	}
	m.pack(x, norm)
	return m.packed
}

// plain tells of what oneDNN packs.
func plain(t *torch.Tensor) bool { return t.DType() == torch.Float32 && !t.Device().IsCUDA() }

// isOf tells whether p was made of what m and norm are now.
func (p *packedConv) isOf(m *Conv2d, norm *BatchNorm) bool {
	if p == nil || p.norm != norm || p.version != m.Weight.Version() || !p.of.SharesMemory(m.Weight) {
		return false
	}
	left := p.numbers
	for _, t := range beside(m, norm) {
		if t == nil {
			continue
		}
		now := torch.ToSlice[float32](t)
		if len(now) > len(left) || !slices.Equal(now, left[:len(now)]) {
			return false
		}
		left = left[len(now):]
	}
	return len(left) == 0
}

// beside returns the bias of m and all of norm, nil where there is none.
func beside(m *Conv2d, norm *BatchNorm) [5]*torch.Tensor {
	if norm == nil {
		return [5]*torch.Tensor{m.Bias}
	}
	return [...]*torch.Tensor{m.Bias, norm.Weight, norm.Bias, norm.RunningMean, norm.RunningVar}
}

// numbers are those of beside.
func numbers(m *Conv2d, norm *BatchNorm) (all []float32) {
	for _, t := range beside(m, norm) {
		if t != nil {
			all = append(all, torch.ToSlice[float32](t)...)
		}
	}
	return all
}

// pack is done in a forward pass, which tells the shape of the input.
func (m *Conv2d) pack(x *torch.Tensor, norm *BatchNorm) {
	s := torch.NewScope()
	defer s.Close()
	p := &packedConv{norm: norm, version: m.Weight.Version(), numbers: numbers(m, norm)}
	weight, bias := m.Weight.Detach().MoveTo(s), m.Bias
	p.of = weight
	if norm != nil {
		weight, bias = folded(weight, bias, norm)
	}
	p.weight = torch.PackConv2d(weight, m.options, x.Shape()...)
	if bias != nil {
		p.bias = bias.Detach().MoveTo(s).Clone().Keep()
	}
	p.weight.Keep()
	p.of.Keep()
	m.unpack() // what it had beside its weight
	m.packed = p
	m.OnClose(m.unpack)
}

// folded are the weight and the bias that do in one what weight, bias and norm do one after
// the other: the norm multiplies each channel, and adds to it.
func folded(weight, bias *torch.Tensor, norm *BatchNorm) (w, b *torch.Tensor) {
	s := weight.Scope()
	in := func(t *torch.Tensor) *torch.Tensor { return t.Detach().MoveTo(s).To(torch.Float64) }
	scale := in(norm.RunningVar).AddScalar(norm.options.eps).PowScalar(-0.5)
	mean := in(norm.RunningMean)
	if bias != nil {
		mean = mean.Sub(in(bias))
	}
	if norm.Weight != nil {
		scale = scale.Mul(in(norm.Weight))
	}
	w = weight.Mul(scale.To(torch.Float32).View(-1, 1, 1, 1))
	b = mean.Mul(scale).Neg()
	if norm.Bias != nil {
		b = b.Add(in(norm.Bias))
	}
	return w, b.To(torch.Float32)
}

// unpack frees the packed weight; the next pass does without it.
func (m *Conv2d) unpack() {
	if p := m.packed; p != nil {
		p.weight.Close()
		p.bias.Close()
		p.of.Close()
		m.packed = nil
	}
}
