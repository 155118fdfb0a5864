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
	in := x
	for _, c := range s.children {
		x = Then(in, x, c.Module)
	}
	return x
}

// Modules are the children without their names.
func (s *Sequential) Modules() []Module {
	ms := make([]Module, len(s.children))
	for i, c := range s.children {
		ms[i] = c.Module
	}
	return ms
}

// Then feeds x, an intermediate of a container whose input was in, to m, and
// closes x as consumed unless it is that input, or m returned it. Containers of
// one's own use it to keep peak memory at PyTorch's.
func Then(in, x *torch.Tensor, m Module) *torch.Tensor {
	y := Call(m, x)
	if x != in && x != y {
		x.Close()
	}
	return y
}
