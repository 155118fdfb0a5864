package models

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

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
