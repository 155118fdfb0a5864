package nn

import (
	"strconv"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Sequential runs its children one after the other (torch.nn.Sequential).
type Sequential struct{ Base }

// NewSequential names its children "0", "1", …
func NewSequential(modules ...Module) *Sequential {
	s := &Sequential{}
	for i, m := range modules {
		s.Register(strconv.Itoa(i), m)
	}
	return s
}

// Forward feeds x through the children.
func (s *Sequential) Forward(x *torch.Tensor) *torch.Tensor {
	given(s)
	in := x
	for i := 0; i < len(s.children); i++ {
		m := s.children[i].Module
		if i+1 < len(s.children) && isConvNorm(m, s.children[i+1].Module) {
			x = ThenNormed(in, x, m, s.children[i+1].Module)
			i++
			continue
		}
		x = Then(in, x, m)
	}
	return s.ran(in, x)
}

// Modules are the children without their names.
func (s *Sequential) Modules() []Module {
	if s == nil {
		return nil
	}
	ms := make([]Module, len(s.children))
	for i, c := range s.children {
		ms[i] = c.Module
	}
	return ms
}

// Then feeds x, an intermediate of a container whose input was in, to m, and
// closes x as consumed unless it is that input, or m returned it. Containers of
// your own use it to keep peak memory at PyTorch's.
func Then(in, x *torch.Tensor, m Module) *torch.Tensor { return consumed(in, x, Call(m, x)) }

// ThenNormed is [Then] for a convolution and the batch norm that alone sees what comes out of
// it: one pass where the convolution is packed, see [Packed].
func ThenNormed(in, x *torch.Tensor, conv, norm Module) *torch.Tensor {
	if !isConvNorm(conv, norm) || hooked(conv) || hooked(norm) {
		return Then(in, Then(in, x, conv), norm)
	}
	return consumed(in, x, conv.(*Conv2d).forward(x, norm.(*BatchNorm)))
}

func isConvNorm(m, next Module) bool {
	_, conv := m.(*Conv2d)
	_, norm := next.(*BatchNorm)
	return conv && norm
}

// consumed closes x, of which y was made, unless it is the container's input or y itself.
func consumed(in, x, y *torch.Tensor) *torch.Tensor {
	if x != in && x != y {
		x.Close()
	}
	return y
}
