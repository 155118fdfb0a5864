package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

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
