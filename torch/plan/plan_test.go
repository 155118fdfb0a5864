package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

// mod is a module of a function.
type mod struct {
	nn.Base
	A, B nn.Module
	f    func(m *mod, x *torch.Tensor) *torch.Tensor
}

func (m *mod) Forward(x *torch.Tensor) *torch.Tensor { return m.f(m, x) }

func act(f func(x *torch.Tensor) *torch.Tensor) nn.Module {
	return &mod{f: func(_ *mod, x *torch.Tensor) *torch.Tensor { return f(x) }}
}

func op(name string, args ...any) nn.Module {
	return act(func(x *torch.Tensor) *torch.Tensor {
		return torch.Call(name, append([]any{x}, args...)...)[0].(*torch.Tensor)
	})
}

func conv(in, out int64, opts ...nn.ConvOption) nn.Module {
	return nn.NewConv2d(in, out, 3, append(opts, nn.Padding(1))...)
}

func seq(ms ...nn.Module) nn.Module { return nn.NewSequential(ms...) }

// skip is f(A(x), x).
func skip(a nn.Module, f func(y, x *torch.Tensor) *torch.Tensor) nn.Module {
	return &mod{A: a, f: func(m *mod, x *torch.Tensor) *torch.Tensor { return f(nn.Call(m.A, x), x) }}
}

// both is f(A(x), B(x)).
func both(a, b nn.Module, f func(y, x *torch.Tensor) *torch.Tensor) nn.Module {
	return &mod{A: a, B: b, f: func(m *mod, x *torch.Tensor) *torch.Tensor { return f(nn.Call(m.A, x), nn.Call(m.B, x)) }}
}

// gain multiplies by a weight, in another shape where that is given.
type gain struct {
	nn.Base
	Weight *torch.Tensor
	view   []int64
}

func (m *gain) Forward(x *torch.Tensor) *torch.Tensor {
	w := m.Weight.In(x.Scope())
	if m.view != nil {
		w = w.View(m.view...)
	}
	return x.Mul(w)
}

func gained(shape ...int64) nn.Module {
	var own *torch.Scope
	return &gain{Weight: own.Randn(shape...)}
}

func permute(dims ...int64) nn.Module { return op("aten::permute", dims) }

func add(y, x *torch.Tensor) *torch.Tensor { return y.Add(x) }

// prepared is a model in evaluation mode, whose norms have statistics of their own, and its graph.
func prepared(t *testing.T, s *torch.Scope, m nn.Module, x *torch.Tensor) (*graph.Graph, map[string]*torch.Tensor) {
	t.Helper()
	nn.Walk(m, func(_ string, m nn.Module) {
		if norm, ok := m.(*nn.BatchNorm); ok {
			torch.NoGrad(func() {
				for _, p := range []*torch.Tensor{norm.Weight, norm.Bias, norm.RunningMean} {
					if p != nil {
						p.AddScalar_(0.3).Add_(s.Rand(p.Shape()...))
					}
				}
				norm.RunningVar.Add_(s.Rand(norm.RunningVar.Shape()...))
			})
		}
	})
	nn.Eval(m)
	g, err := nn.Trace(m, x)
	if err != nil {
		t.Fatal(err)
	}
	weights := nn.StateMap(m)
	return g, weights
}

// ops are a plan's operations without namespaces, with what they do at the end.
func ops(g *graph.Graph) string {
	var all []string
	for _, n := range g.Nodes {
		text := n.Op[strings.Index(n.Op, "::")+2:]
		for _, name := range []string{"binary_attr", "attr", "unary_attr", "binary_post_op", "post_op_name", "unary_post_op"} {
			if attr, ok := n.Args[name].(string); ok && attr != "none" {
				text += "," + attr
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

const (
	c    = "_convolution_pointwise"
	l    = "_linear_pointwise"
	laid = "contiguous " // the input, channels last
)

// Each pattern becomes the fused operations that are expected, and computes what the model does for batches of several sizes.
func TestPatterns(t *testing.T) {
	if !torch.HasOneDNN() {
		t.Skip("libtorch has no oneDNN here")
	}
	collector.Off(t)
	torch.ManualSeed(5)
	before := torch.LiveTensors()
	image, rows, tokens := []int64{2, 8, 12, 10}, []int64{2, 8}, []int64{2, 5, 8}
	norm := func() nn.Module { return nn.NewBatchNorm(8) }
	lin := func() nn.Module { return nn.NewLinear(8, 8) }
	one := conv(8, 8)
	for name, of := range parity.Sorted(map[string]struct {
		m     nn.Module
		shape []int64
		want  string
	}{
		"conv":                      {conv(8, 8), image, laid + c},
		"conv, norm":                {seq(conv(8, 8, nn.NoBias()), norm()), image, laid + c},
		"conv with bias, norm":      {seq(conv(8, 8), norm(), &nn.ReLU{}), image, laid + c + ",relu"},
		"norm, conv":                {seq(norm(), conv(8, 8)), image, "batch_norm " + c},
		"depthwise":                 {seq(conv(8, 8, nn.Groups(8)), norm(), op("aten::relu6")), image, laid + c + ",hardtanh"},
		"one layer, two norms":      {seq(one, norm(), one, norm()), image, laid + c + " " + c},
		"strided":                   {seq(conv(8, 4, nn.Stride(2)), op("aten::silu")), image, laid + c + ",swish"},
		"sigmoid":                   {seq(conv(8, 8), op("aten::sigmoid")), image, laid + c + ",sigmoid"},
		"tanh":                      {seq(conv(8, 8), op("aten::tanh")), image, laid + c + ",tanh"},
		"hardswish":                 {seq(conv(8, 8), op("aten::hardswish")), image, laid + c + ",hardswish"},
		"hardsigmoid":               {seq(conv(8, 8), op("aten::hardsigmoid")), image, laid + c + ",hardsigmoid"},
		"gelu":                      {seq(conv(8, 8), op("aten::gelu")), image, laid + c + ",gelu"},
		"gelu by tanh":              {seq(conv(8, 8), op("aten::gelu", torch.Kwargs{"approximate": "tanh"})), image, laid + c + ",gelu"},
		"leaky":                     {seq(conv(8, 8), op("aten::leaky_relu", 0.2)), image, laid + c + ",leaky_relu"},
		"hardtanh":                  {seq(conv(8, 8), op("aten::hardtanh", -0.25, 0.5)), image, laid + c + ",hardtanh"},
		"in place":                  {seq(conv(8, 8), act((*torch.Tensor).Relu_)), image, laid + c + ",relu"},
		"elu has no fused form":     {seq(conv(8, 8), op("aten::elu")), image, laid + c + " elu"},
		"twice an activation":       {seq(conv(8, 8), &nn.ReLU{}, op("aten::tanh")), image, laid + c + ",relu tanh"},
		"residual of the input":     {skip(conv(8, 8), add), image, laid + c + ".binary,add"},
		"residual, reversed":        {skip(conv(8, 8), func(y, x *torch.Tensor) *torch.Tensor { return x.Add(y) }), image, laid + c + ".binary,add"},
		"residual, relu":            {seq(conv(8, 8), skip(seq(conv(8, 8), conv(8, 8), norm()), add), &nn.ReLU{}), image, laid + c + " " + c + " " + c + "_.binary,add,relu"},
		"residual, twice":           {seq(conv(8, 8), skip(seq(conv(8, 8), conv(8, 8)), add), skip(seq(conv(8, 8), conv(8, 8)), add)), image, laid + c + " " + c + " " + c + "_.binary,add " + c + " " + c + "_.binary,add"},
		"residual, gelu":            {seq(conv(8, 8), skip(seq(conv(8, 8), conv(8, 8)), add), op("aten::gelu")), image, laid + c + " " + c + " " + c + "_.binary,add gelu"},
		"in place of a view":        {seq(conv(8, 8), op("aten::flatten.using_ints", 2, -1), act((*torch.Tensor).Relu_)), image, laid + c + " flatten.using_ints relu"},
		"residual in place":         {seq(conv(8, 8), skip(seq(conv(8, 8), conv(8, 8)), func(y, x *torch.Tensor) *torch.Tensor { return y.Add_(x).Relu_() })), image, laid + c + " " + c + " " + c + "_.binary,add,relu"},
		"residual of its own input": {seq(conv(8, 8), skip(conv(8, 8), add)), image, laid + c + " " + c + ".binary,add"},
		"two branches":              {both(conv(8, 8), conv(8, 8), add), image, laid + c + " " + c + "_.binary,add"},
		"used after the sum":        {seq(conv(8, 8), skip(skip(conv(8, 8), add), add)), image, laid + c + " " + c + ".binary,add add.Tensor"},
		"a view outlives":           {seq(conv(8, 8), &mod{A: conv(8, 8), f: viewed}), image, laid + c + " flatten.using_ints " + c + ".binary,add flatten.using_ints add.Tensor"},
		"gate of the same shape":    {both(conv(8, 8), seq(conv(8, 8), op("aten::sigmoid")), func(y, x *torch.Tensor) *torch.Tensor { return y.Mul(x) }), image, laid + c + ",sigmoid " + c + ".binary,mul"},
		"gate of channels":          {both(conv(8, 8), seq(&nn.AdaptiveAvgPool2d{Size: 1}, nn.NewConv2d(8, 8, 1), op("aten::sigmoid")), func(y, x *torch.Tensor) *torch.Tensor { return y.Mul(x) }), image, laid + c + " adaptive_avg_pool2d " + c + ",sigmoid mul.Tensor"},
		"scaled sum": {skip(conv(8, 8), func(y, x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::add.Tensor", y, x, torch.Kwargs{"alpha": 2})[0].(*torch.Tensor)
		}), image, laid + c + " add.Tensor"},
		"what two use":            {skip(seq(conv(8, 8), skip(op("aten::relu"), add)), add), image, laid + c + " relu add.Tensor add.Tensor"},
		"linear":                  {seq(lin(), &nn.ReLU{}), rows, l + ",relu"},
		"linear without a bias":   {nn.NewLinear(8, 3, nn.NoBias()), rows, l},
		"linear, norm":            {seq(lin(), norm(), op("aten::gelu")), rows, l + ",gelu"},
		"linear of tokens":        {seq(lin(), op("aten::gelu"), lin()), tokens, l + ",gelu " + l},
		"residual of tokens":      {skip(seq(lin(), op("aten::gelu"), lin()), add), tokens, l + ",gelu " + l + ".binary,add"},
		"residual of rows, relu":  {seq(skip(lin(), add), &nn.ReLU{}), rows, l + ".binary,add relu"},
		"channels last by itself": {seq(op("aten::permute", []int64{0, 2, 3, 1}), nn.NewLinear(8, 8), op("aten::permute", []int64{0, 3, 1, 2}), conv(8, 8)), image, "permute " + l + " permute " + c},
		"scaled":                  {seq(conv(8, 8), gained(8, 1, 1), &nn.ReLU{}), image, laid + c + ",relu"},
		"scaled by one number":    {seq(conv(8, 8), gained(1)), image, laid + c},
		"scaled, norm":            {seq(conv(8, 8, nn.NoBias()), gained(1, 8, 1, 1), norm()), image, laid + c},
		"scaled by places":        {seq(conv(8, 8), gained(12, 10)), image, laid + c + " mul.Tensor"},
		"scaled to more":          {seq(lin(), gained(3, 1, 8)), rows, l + " mul.Tensor"},
		"scaled tokens":           {seq(lin(), gained(8)), tokens, l},
		"tokens scaled by places": {seq(lin(), gained(5, 1)), tokens, l + " mul.Tensor"},
		"scaled after relu":       {seq(conv(8, 8), &nn.ReLU{}, gained(8, 1, 1)), image, laid + c + ",relu mul.Tensor"},
		"a block of a ConvNeXt": {skip(seq(conv(8, 8, nn.Groups(8)), permute(0, 2, 3, 1), nn.NewLayerNorm(8), lin(), op("aten::gelu"), lin(), permute(0, -1, 1, 2),
			&gain{Weight: (*torch.Scope)(nil).Randn(8), view: []int64{1, 8, 1, 1}}), add), image, laid + c + " permute layer_norm " + l + ",gelu permute " + l + ".binary,add permute"},
		"zeros around, evenly":       {seq(op("aten::pad", []int64{2, 2, 1, 1}), conv(8, 8)), image, laid + c},
		"zeros at one end":           {seq(conv(8, 8), op("aten::pad", []int64{0, 1, 1, 3}), nn.NewConv2d(8, 8, 3, nn.Stride(2), nn.Groups(8)), norm()), image, laid + c + " " + c},
		"zeros at one end, dense":    {seq(op("aten::pad", []int64{0, 1, 0, 1}), conv(8, 8)), image, "pad " + c},
		"zeros at one end, dilated":  {seq(op("aten::pad", []int64{0, 1, 0, 1}), nn.NewConv2d(8, 8, 3, nn.Dilation(2), nn.Groups(8))), image, "pad " + c},
		"ones around":                {seq(op("aten::pad", []int64{1, 1, 1, 1}, "constant", 1), conv(8, 8)), image, "pad " + c},
		"the picture goes on around": {seq(op("aten::pad", []int64{1, 1, 1, 1}, "reflect"), conv(8, 8)), image, "pad " + c},
		"cut":                        {seq(op("aten::pad", []int64{-1, 0, 0, 0}), conv(8, 8)), image, "pad " + c},
		"zeros that another sees":    {seq(op("aten::pad", []int64{1, 1, 1, 1}), skip(conv(8, 8), add)), image, "pad " + c + ".binary,add"},
		"rows of channels first":     {seq(conv(8, 8), op("aten::view", []int64{-1, 960})), image, laid + c + " reshape"},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			x := s.Randn(of.shape...)
			g, weights := prepared(t, s, of.m, x)
			p, err := plan.New(g, weights, plan.Float32, x)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			half := inHalf(t, g, weights, x)
			defer half.Close()
			if got := ops(p.Graph()); got != of.want {
				t.Errorf("the plan is\n%s\nwant\n%s", got, of.want)
			}
			torch.NoGrad(func() {
				for _, n := range []int64{1, 2, 5} {
					x := s.Randn(append([]int64{n}, of.shape[1:]...)...)
					same, want := x.Clone(), nn.Call(of.m, x.Clone())
					got, err := p.Run(x)
					if err != nil {
						t.Fatal(err)
					}
					if d := plan.Difference(got[0], want); !(d < 1e-5) {
						t.Errorf("a batch of %d is off by %g", n, d)
					}
					if half != nil {
						if got, err = half.Run(x); err != nil {
							t.Fatal(err)
						}
						if d := plan.Difference(got[0], want); !(d < half.Tolerance()) || got[0].DType() != torch.Float32 {
							t.Errorf("in bfloat16 a batch of %d is off by %g", n, d)
						}
					}
					if !x.Equal(same) {
						t.Error("the input was written to")
					}
				}
			})
		})
		nn.Close(of.m)
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// inHalf is the plan in bfloat16, nil where the processor lacks it.
func inHalf(t *testing.T, g *graph.Graph, weights map[string]*torch.Tensor, x *torch.Tensor) *plan.Plan {
	t.Helper()
	if err := plan.BFloat16.Check(); err != nil {
		return nil
	}
	p, err := plan.New(g, weights, plan.BFloat16, x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// viewed adds a convolution of x and a view of x, which the sum must not overwrite.
func viewed(m *mod, x *torch.Tensor) *torch.Tensor {
	flat := x.Flatten(1, -1)
	return nn.Call(m.A, x).Add(x).Flatten(1, -1).Add(flat)
}

// A graph whose operations in place reach what others see is run as it is.
func TestInPlaceOfWhatOthersSee(t *testing.T) {
	collector.Off(t)
	torch.ManualSeed(6)
	s := torch.NewScope()
	defer s.Close()
	for name, f := range parity.Sorted(map[string]func(x *torch.Tensor) *torch.Tensor{
		"a part": func(x *torch.Tensor) *torch.Tensor { x.Narrow(1, 0, 2).MulScalar_(3); return x.Relu() },
		"a view": func(x *torch.Tensor) *torch.Tensor { x.Flatten(1, -1).Relu_(); return x.Sigmoid() },
		"a view of a view": func(x *torch.Tensor) *torch.Tensor {
			flat := x.Flatten(1, -1)
			flat.View(2, -1).Relu_()
			return flat.Sigmoid()
		},
		"of the input": func(x *torch.Tensor) *torch.Tensor { return x.Flatten(1, -1).Relu_() },
	}) {
		layer := seq(conv(3, 4))
		if name == "of the input" {
			layer = seq()
		}
		m := seq(layer, act(f))
		defer nn.Close(m)
		x := s.Randn(2, 3, 8, 8)
		g, weights := prepared(t, s, m, x.Clone())
		p, err := plan.New(g, weights, plan.Float32, x)
		if err != nil {
			t.Fatal(name, err)
		}
		defer p.Close()
		if !slices.EqualFunc(p.Graph().Nodes, g.Nodes, func(a, b graph.Node) bool { return a.Op == b.Op }) {
			t.Errorf("%s: it was changed: %s", name, ops(p.Graph()))
		}
	}
}

// Bad arguments are errors.
func TestRefused(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	m := nn.NewLinear(3, 2)
	defer nn.Close(m)
	x := s.Randn(2, 3)
	g, weights := prepared(t, s, m, x)
	delete(weights, "bias")
	for what, f := range parity.Sorted(map[string]func() error{
		"is missing": func() error { _, err := plan.New(g, weights, plan.Float32, x); return err },
		"nil":        func() error { _, err := plan.New(nil, weights, plan.Float32, x); return err },
		"0 inputs": func() error {
			m := map[string]*torch.Tensor{"weight": x, "bias": x}
			_, err := plan.New(g, m, plan.Float32)
			return err
		},
		"nil, empty":   func() error { _, err := (&plan.Plan{}).Run(x); return err },
		"no precision": func() error { _, err := plan.New(g, weights, "int3", x); return err },
		"the graph is": func() error {
			p, err := plan.New(g, map[string]*torch.Tensor{"weight": m.Weight, "bias": m.Bias}, plan.Float32, x)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			_, err = p.Run(s.Randn(2, 4))
			return err
		},
	}) {
		if err := f(); err == nil || !strings.Contains(fmt.Sprint(err), what) {
			t.Errorf("%q: got %v", what, err)
		}
	}
}
