package nn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// hook is what [OnForward] adds to a module.
type hook struct {
	before func(x *torch.Tensor)
	after  func(x, y *torch.Tensor)
}

// OnForward has before called with m's input ahead of each forward pass of m, and after
// with its input and output behind it, until remove is called (PyTorch's forward hooks).
// Either may be nil. They look, and must neither change nor keep the tensors; after an
// operation in place the input is what it has become.
//
// The layers of this package call after however they are run, and before only by [Call],
// [Then] or a [Sequential]. Modules of one's own are seen where one of these runs them,
// not where their Forward is called by itself.
func OnForward(m Module, before func(x *torch.Tensor), after func(x, y *torch.Tensor)) (remove func()) {
	b, h := m.base(), &hook{before, after}
	b.hooks = append(b.hooks, h)
	return func() {
		b.hooks = slices.DeleteFunc(b.hooks, func(other *hook) bool { return other == h })
	}
}

// Call is m.Forward(x) with m's hooks, as m(x) in PyTorch. Modules of one's own run their
// children by it, or by [Then].
func Call(m Module, x *torch.Tensor) *torch.Tensor {
	if !hooked(m) {
		return m.Forward(x)
	}
	b := m.base()
	for _, h := range b.hooks {
		if h.before != nil {
			h.before(x)
		}
	}
	y := b.forward(m, x)
	return b.ran(x, y)
}

func hooked(m Module) bool { return len(m.base().hooks) > 0 }

// forward runs m, whose base is b, with its own report silent: Call makes it.
func (b *Base) forward(m Module, x *torch.Tensor) *torch.Tensor {
	b.called = true
	defer func() { b.called = false }()
	return m.Forward(x)
}

// ran reports a forward pass to the hooks and returns its output.
func (b *Base) ran(x, y *torch.Tensor) *torch.Tensor {
	if b.called {
		return y
	}
	for _, h := range b.hooks {
		if h.after != nil {
			h.after(x, y)
		}
	}
	return y
}
