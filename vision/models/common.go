package models

import (
	"math"
	"strconv"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// step is a part of a net: a child by its name, or without a name one that has neither weights nor modes.
type step struct {
	name string
	nn.Module
}

// net runs its steps one after the other.
type net struct {
	nn.Base
	steps []nn.Module `nn:"-"`
}

func newNet(steps ...step) *net {
	m := &net{}
	for _, s := range steps {
		m.add(s)
	}
	return m
}

func (m *net) add(s step) {
	if s.name != "" {
		m.Register(s.name, s.Module)
	}
	m.steps = append(m.steps, s.Module)
}

// Forward maps N×3×H×W to logits N×classes.
func (m *net) Forward(x *torch.Tensor) *torch.Tensor { return chain(x, m.steps...) }

// chain feeds x through modules, and closes what lies between them.
func chain(x *torch.Tensor, modules ...nn.Module) *torch.Tensor {
	in := x
	for i := 0; i < len(modules); i++ {
		if _, conv := modules[i].(*nn.Conv2d); conv && i+1 < len(modules) {
			if _, norm := modules[i+1].(*nn.BatchNorm); norm {
				x = nn.ThenNormed(in, x, modules[i], modules[i+1])
				i++
				continue
			}
		}
		x = nn.Then(in, x, modules[i])
	}
	return x
}

// within computes f of x and frees whatever else was made on the way.
func within(x *torch.Tensor, f func(x *torch.Tensor) *torch.Tensor) *torch.Tensor {
	s := x.Scope().Child()
	defer s.Close()
	return f(x.In(s)).MoveTo(x.Scope())
}

// named is a Sequential whose children have names.
func named(steps ...step) *nn.Sequential {
	s := &nn.Sequential{}
	for _, c := range steps {
		s.Register(c.name, c.Module)
	}
	return s
}

// skip adds its input to what its path makes of it, where both have one shape.
type skip struct {
	nn.Base
	path, drop nn.Module `nn:"-"`
	adds       bool
}

// newSkip makes one whose path is the child of that name; drop, nil for none, is its StochasticDepth.
func newSkip(name string, path nn.Module, drop *nn.StochasticDepth, adds bool) *skip {
	m := &skip{path: path, adds: adds}
	m.Register(name, path)
	if drop != nil {
		m.Register("stochastic_depth", drop)
		m.drop = drop
	}
	return m
}

// Forward maps N×in×H×W to N×out×h×w.
func (m *skip) Forward(x *torch.Tensor) *torch.Tensor {
	y := nn.Call(m.path, x)
	if !m.adds {
		return y
	}
	if m.drop != nil {
		y = nn.Then(x, y, m.drop)
	}
	return y.Add_(x)
}

// permute is torchvision.ops.Permute.
type permute struct {
	nn.Base
	dims []int64
}

// Forward orders the dimensions anew.
func (m *permute) Forward(x *torch.Tensor) *torch.Tensor { return x.Permute(m.dims...) }

func toLast() nn.Module  { return &permute{dims: []int64{0, 2, 3, 1}} } // N×C×H×W to N×H×W×C
func toFirst() nn.Module { return &permute{dims: []int64{0, 3, 1, 2}} }

// style is the norm and the activation behind the convolutions of a family; nil for none.
type style struct {
	norm func(channels int64) nn.Module
	act  func() nn.Module
}

// conv is a convolution that keeps the size at stride 1, with the style's norm and activation, and a bias where there is no norm
// (torchvision.ops.Conv2dNormActivation).
func (s style) conv(in, out, kernel, stride, groups int64) *nn.Sequential {
	opts := []nn.ConvOption{nn.Stride(stride), nn.Padding((kernel - 1) / 2), nn.Groups(groups)}
	if s.norm != nil {
		opts = append(opts, nn.NoBias())
	}
	layers := []nn.Module{nn.NewConv2d(in, out, kernel, opts...)}
	if s.norm != nil {
		layers = append(layers, s.norm(out))
	}
	if s.act != nil {
		layers = append(layers, s.act())
	}
	return nn.NewSequential(layers...)
}

// linear is the style without an activation.
func (s style) linear() style { return style{norm: s.norm} }

func relu() nn.Module      { return &nn.ReLU{InPlace: true} }
func relu6() nn.Module     { return &nn.ReLU6{InPlace: true} }
func silu() nn.Module      { return &nn.SiLU{InPlace: true} }
func hardswish() nn.Module { return &nn.Hardswish{InPlace: true} }
func gelu() nn.Module      { return &nn.GELU{} }

func batchNorm(channels int64) nn.Module { return nn.NewBatchNorm(channels) }

func batchNormOf(eps, momentum float64) func(channels int64) nn.Module {
	return func(channels int64) nn.Module { return nn.NewBatchNorm(channels, nn.Eps(eps), nn.Momentum(momentum)) }
}

func pool(size int64) nn.Module { return &nn.AdaptiveAvgPool2d{Size: size} }

func maxPool(kernel, stride, padding int64) nn.Module {
	return &nn.MaxPool2d{Kernel: kernel, Stride: stride, Padding: padding}
}

// fill draws the weights of all convolutions and linear layers anew, in order, and makes their biases 0; a nil function leaves
// that kind of layer as it is.
func fill(m nn.Module, conv, linear func(weight *torch.Tensor)) {
	nn.Walk(m, func(_ string, m nn.Module) {
		switch m := m.(type) {
		case *nn.Conv2d:
			refill(m.Weight, m.Bias, conv)
		case *nn.Linear:
			refill(m.Weight, m.Bias, linear)
		}
	})
}

func refill(weight, bias *torch.Tensor, draw func(weight *torch.Tensor)) {
	if draw == nil {
		return
	}
	draw(weight)
	if bias != nil {
		nn.Constant_(bias, 0)
	}
}

func kaimingOut(w *torch.Tensor) { nn.KaimingNormal_(w, nn.FanOut) }
func kaimingIn(w *torch.Tensor)  { nn.KaimingNormal_(w, nn.FanIn) }

func normal(std float64) func(w *torch.Tensor) {
	return func(w *torch.Tensor) { nn.Normal_(w, 0, std) }
}

func truncated(std float64) func(w *torch.Tensor) {
	return func(w *torch.Tensor) { nn.TruncNormal_(w, 0, std) }
}

// divisible rounds v to a multiple of divisor that is not much below it (torchvision's _make_divisible).
func divisible(v float64, divisor int64) int64 {
	d := float64(divisor)
	n := max(d, math.Floor((v+d/2)/d)*d)
	if n < 0.9*v {
		n += d
	}
	return int64(n)
}

func itoa(i int) string { return strconv.Itoa(i) }
