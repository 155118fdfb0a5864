package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// deep is a network of convolutions, norms and activations, with residual sums, whose norms have statistics of their own, and its graph.
func deep(t *testing.T, s *torch.Scope, depth int, x *torch.Tensor) (*graph.Graph, map[string]*torch.Tensor) {
	t.Helper()
	var layers []nn.Module
	in := x.Size(1)
	for range depth {
		layers = append(layers, nn.NewConv2d(in, 16, 3, nn.Padding(1), nn.NoBias()), nn.NewBatchNorm(16), &nn.ReLU{})
		in = 16
	}
	m := nn.NewSequential(append(layers, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(16, 5))...)
	t.Cleanup(func() { nn.Close(m) })
	torch.NoGrad(func() {
		for range 20 {
			m.Forward(x.Add(s.Randn(x.Shape()...)))
		}
		for _, p := range nn.Parameters(m) {
			if p.Dim() == 1 {
				p.Add_(s.Randn(p.Shape()...).MulScalar(0.2))
			}
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

func calibrate(t *testing.T, g *graph.Graph, weights map[string]*torch.Tensor, x *torch.Tensor) {
	t.Helper()
	one := func(yield func([]*torch.Tensor, error) bool) { yield([]*torch.Tensor{x}, nil) }
	if err := Calibrate(g, weights, one); err != nil {
		t.Fatal(err)
	}
}

// A network in bfloat16 or in bytes is within what its roundings come to, shallow or deep, and by a factor of two at that; one whose plan is wrong isn't.
func TestTolerance(t *testing.T) {
	right := maps.Clone(rules)
	defer func() { rules = right }()
	for _, precision := range []Precision{BFloat16, Int8} {
		if err := precision.Check(); err != nil {
			continue
		}
		for _, depth := range []int{1, 5, 20, 50} {
			for seed := range uint64(3) {
				rules = right
				tryTolerance(t, precision, depth, seed)
			}
		}
	}
}

func tryTolerance(t *testing.T, precision Precision, depth int, seed uint64) {
	t.Helper()
	where := fmt.Sprintf("%s, %d layers, seed %d", precision, depth, seed)
	torch.ManualSeed(seed)
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(1, 3, 12, 12)
	g, weights := deep(t, s, depth, x)
	if precision == Int8 {
		calibrate(t, g, weights, x)
	}
	p, err := New(g, weights, precision, x)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	defer p.Close()
	want, err := torch.Replay(g, weights, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.compare([]*torch.Tensor{x}, want, p.Tolerance()/2); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	right := rules
	for fault, rule := range parity.Sorted(map[string]map[string]func(b *builder, n *node) bool{
		"an activation is another": {"aten::relu": then("tanh")},
		"an activation is missing": {"aten::relu": func(b *builder, n *node) bool { return b.activate(n, activation{}) }},
		"a norm's shift is missing": {"aten::batch_norm": func(b *builder, n *node) bool {
			ok := foldNorm(b, n)
			b.maker[n.Results[0]].layer.bias = nil
			return ok
		}},
		"a norm's scale is wrong": {"aten::batch_norm": func(b *builder, n *node) bool {
			n.Args["eps"] = 1.0
			return foldNorm(b, n)
		}},
	}) {
		rules = maps.Clone(right)
		maps.Copy(rules, rule)
		p, err := New(g, weights, precision, x)
		if err == nil || !strings.Contains(err.Error(), "its output is off by") {
			t.Errorf("%s, %s: got %v", where, fault, err)
		}
		p.Close()
	}
}

// Bytes that are wrong where float32 is right are found, too.
func TestWrongBytes(t *testing.T) {
	if err := Int8.Check(); err != nil {
		t.Skip(err)
	}
	for _, depth := range []int{1, 5, 20} {
		torch.ManualSeed(3)
		s := torch.NewScope()
		x := s.Randn(1, 3, 12, 12)
		g, weights := deep(t, s, depth, x)
		calibrate(t, g, weights, x)
		b := newBuilder(g, weights, 1, Int8)
		torch.NoGrad(b.build)
		made := b.graph()
		for _, w := range b.weights {
			w.Keep()
		}
		want, err := torch.Replay(g, weights, x)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range parity.Sorted(map[string]float64{"output_scale": 1.5, "x_scale": 0.5}) {
			wrong := *made
			wrong.Nodes = slices.Clone(made.Nodes)
			for i, n := range slices.Backward(wrong.Nodes) { // of the last one, since many layers forget
				if scale, ok := n.Args[name].(float64); ok {
					wrong.Nodes[i].Args = maps.Clone(n.Args)
					wrong.Nodes[i].Args[name] = change * scale
					break
				}
			}
			p := &Plan{graph: &wrong}
			if p.run, err = torch.NewReplayer(&wrong, b.weights); err != nil {
				t.Fatal(err)
			}
			if err := p.holdBytes(g, weights, []*torch.Tensor{x}, want); err == nil || !strings.Contains(err.Error(), "its output is off by") {
				t.Errorf("%d layers, %s is wrong: got %v", depth, name, err)
			}
		}
		closeAll(slices.Collect(maps.Values(b.weights)))
		b.own.Close()
		s.Close()
	}
}

// Roundings are counted on the longest way.
func TestRoundings(t *testing.T) {
	ref := func(r graph.Ref) map[string]any { return map[string]any{"X": r, "W": graph.Ref(1)} }
	g := &graph.Graph{Values: make([]graph.Value, 6), Inputs: []graph.Ref{0}, Weights: map[string]graph.Ref{"w": 1}, Outputs: []graph.Ref{5}, Nodes: []graph.Node{
		{Op: "a", Args: map[string]any{"self": graph.Ref(0)}, Results: []graph.Ref{2}}, {Op: "b", Args: ref(2), Results: []graph.Ref{3}},
		{Op: "c", Args: map[string]any{"self": graph.Ref(0)}, Results: []graph.Ref{4}}, {Op: "d", Args: map[string]any{"self": graph.Ref(4), "other": graph.Ref(3)}, Results: []graph.Ref{5}},
	}}
	if n := roundings(g); n != 4 {
		t.Errorf("%g roundings, want 4", n)
	}
}
