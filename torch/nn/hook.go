package nn

import (
	"slices"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/torch"
)

// hook is what [OnForward] or [OnBackward] adds to a module.
type hook struct {
	before   func(x *torch.Tensor)
	after    func(x, y *torch.Tensor)
	backward func(gradIn, gradOut *torch.Tensor) // of OnBackward
	passes   atomic.Int64                        // of the module, where backward is set
}

// OnForward has before called with m's input ahead of each forward pass of m, and after
// with its input and output behind it, until remove is called (PyTorch's forward hooks).
// Either may be nil. They look, and must neither change nor keep the tensors; after an
// operation in place the input is what it has become.
//
// The layers of this package call after however they are run, and before only by [Call],
// [Then] or a [Sequential]. Custom modules are seen where one of these runs them,
// not where their Forward is called by itself.
func OnForward(m Module, before func(x *torch.Tensor), after func(x, y *torch.Tensor)) (remove func()) {
	return m.base().hook(&hook{before: before, after: after})
}

// OnBackward has f called in each backward pass with the gradients of m's input, of what m makes of it alone, and of its
// output, until remove is called (PyTorch's full backward hooks). gradIn is nil where the input requires no gradient. They
// live until f ends: [torch.Tensor.Keep] keeps one. A panic of f is the error of Backward.
//
// The module must be run by [Call], [Then] or a container of this package. Where the hook would see nothing a [*torch.Error] is the panic: of a layer
// of this package whose Forward is called by itself, and of a Call of a module above that doesn't run this one so, while gradients are enabled.
func OnBackward(m Module, f func(gradIn, gradOut *torch.Tensor)) (remove func()) {
	check("on_backward", f != nil, "the function is nil")
	return m.base().hook(&hook{backward: f})
}

func (b *Base) hook(h *hook) (remove func()) {
	count := func(n int64) {
		if h.backward != nil {
			backwardHooks.Add(n)
			hookSets.Add(1)
		}
	}
	b.hooks = append(b.hooks, h)
	count(1)
	return func() {
		n := len(b.hooks)
		if b.hooks = slices.DeleteFunc(b.hooks, func(other *hook) bool { return other == h }); len(b.hooks) < n {
			count(-1)
		}
	}
}

// backwardHooks are those of OnBackward.
func (b *Base) backwardHooks() (all []*hook) {
	for _, h := range b.hooks {
		if h.backward != nil {
			all = append(all, h)
		}
	}
	return all
}

// observed runs m between two views, whose gradients are m's own, as others may use the input and the output too.
func (b *Base) observed(m Module, x *torch.Tensor, hooks []*hook) *torch.Tensor {
	var out *torch.Tensor
	in := x
	if x.RequiresGrad() {
		in = x.View(x.Shape()...)
		in.RegisterHook(func(g *torch.Tensor) *torch.Tensor {
			s := out.Scope()
			defer s.Close()
			for _, h := range hooks {
				h.backward(g, out)
			}
			return nil
		})
	}
	y := b.forward(m, in)
	if !y.RequiresGrad() {
		return y
	}
	y = consumed(in, y, y.View(y.Shape()...))
	y.RegisterHook(func(g *torch.Tensor) *torch.Tensor {
		if in != x {
			out = g.In(torch.NewScope()) // until the input's hook
			return nil
		}
		for _, h := range hooks {
			h.backward(nil, g)
		}
		return nil
	})
	return y
}

// MultiInput is a module of several inputs. [Call] gives them all to ForwardAll; hooks see the first. Its Forward, which takes one,
// may be
//
//	func (m *twoInputs) Forward(x *torch.Tensor) *torch.Tensor { return m.ForwardAll(x) }
type MultiInput interface {
	Module
	ForwardAll(xs ...*torch.Tensor) *torch.Tensor
}

// withAll is a module of several inputs whose Forward takes the first.
type withAll struct {
	MultiInput
	more []*torch.Tensor
}

func (m withAll) Forward(x *torch.Tensor) *torch.Tensor {
	return m.ForwardAll(append([]*torch.Tensor{x}, m.more...)...)
}

// Call is m.Forward(x) with m's hooks, as m(x) in PyTorch. Custom modules run their
// children by it, or by [Then]. More inputs go to a [MultiInput].
func Call(m Module, x *torch.Tensor, more ...*torch.Tensor) *torch.Tensor {
	root := m
	if len(more) > 0 {
		all, ok := m.(MultiInput)
		check("forward", ok, "%T takes one input, and was given %d: a module of several has ForwardAll, see nn.MultiInput", m, 1+len(more))
		m = withAll{all, more}
	}
	if !hooked(m) && backwardHooks.Load() == 0 {
		return m.Forward(x)
	}
	reached := expect(root)
	y := m.base().call(m, x)
	if reached != nil {
		reached()
	}
	return y
}

// call runs m, whose base is b, with its hooks.
func (b *Base) call(m Module, x *torch.Tensor) *torch.Tensor {
	if len(b.hooks) == 0 {
		return m.Forward(x)
	}
	for _, h := range b.hooks {
		if h.before != nil {
			h.before(x)
		}
		if h.backward != nil {
			h.passes.Add(1)
		}
	}
	var y *torch.Tensor
	if hooks := b.backwardHooks(); hooks != nil && torch.GradEnabled() {
		y = b.observed(m, x, hooks)
	} else {
		y = b.forward(m, x)
	}
	return b.report(x, y)
}

func hooked(m Module) bool {
	check("forward", !isNil(m), "the module is nil")
	return len(m.base().hooks) > 0
}

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
	check("forward", !torch.GradEnabled() || b.backwardHooks() == nil, "a backward hook sees nothing of a module whose Forward is called by itself: run it by nn.Call")
	return b.report(x, y)
}

func (b *Base) report(x, y *torch.Tensor) *torch.Tensor {
	for _, h := range b.hooks {
		if h.after != nil {
			h.after(x, y)
		}
	}
	return y
}
