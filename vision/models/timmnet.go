package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// timmNet is a net whose first steps make its features.
type timmNet struct {
	net
	features int
}

// newTimmNet makes one of the steps for the features, and of those for the head.
func newTimmNet(features, head []step) *timmNet {
	m := &timmNet{features: len(features)}
	for _, s := range append(features[:len(features):len(features)], head...) {
		m.add(s)
	}
	return m
}

// Forward maps N×3×H×W to logits N×classes.
func (m *timmNet) Forward(x *torch.Tensor) *torch.Tensor { return m.net.Forward(x) }

// ForwardFeatures maps N×3×H×W to N×C×h×w.
func (m *timmNet) ForwardFeatures(x *torch.Tensor) *torch.Tensor {
	return chain(x, m.steps[:m.features]...)
}

// classifier is a last layer of that name; none for no classes.
func classifier(name string, features, classes int64) []step {
	if classes == 0 {
		return nil
	}
	return []step{{name, nn.NewLinear(features, classes)}}
}

// skipNet is a net whose output is added to its input, where both have one shape.
type skipNet struct {
	net
	adds bool
}

func newSkipNet(adds bool, steps []step) *skipNet {
	return &skipNet{net: *newNet(steps...), adds: adds}
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *skipNet) Forward(x *torch.Tensor) *torch.Tensor {
	y := m.net.Forward(x)
	if m.adds {
		y.Add_(x)
	}
	return y
}

// gated multiplies its input by what its steps make of it.
type gated struct{ net }

// newGated is squeeze-and-excitation under these names.
func newGated(reduce, expand string, channels, squeezed int64, act, gate nn.Module) *gated {
	return &gated{*newNet(step{"", pool(1)}, step{reduce, nn.NewConv2d(channels, squeezed, 1)}, step{"", act},
		step{expand, nn.NewConv2d(squeezed, channels, 1)}, step{"", gate})}
}

// Forward maps N×C×H×W to its own shape.
func (m *gated) Forward(x *torch.Tensor) *torch.Tensor {
	scale := m.net.Forward(x)
	defer scale.Close()
	return x.Mul(scale)
}

// samePad pads as TensorFlow does: so that a stride divides the size, rounded up, with the odd pixel right and below.
type samePad struct {
	nn.Base
	kernel, stride int64
}

// Forward maps N×C×H×W to a larger size, or to itself.
func (m *samePad) Forward(x *torch.Tensor) *torch.Tensor {
	fill := func(side int64) int64 { return max((side+m.stride-1)/m.stride*m.stride-m.stride+m.kernel-side, 0) }
	h, w := fill(x.Size(2)), fill(x.Size(3))
	if h == 0 && w == 0 {
		return x
	}
	return torch.Pad(x, []int64{w / 2, w - w/2, h / 2, h - h/2}, "constant", 0)
}
