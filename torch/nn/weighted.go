package nn

import "github.com/fastlearn-go/fastlearn/torch"

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
