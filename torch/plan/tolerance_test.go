package plan

import (
	"maps"
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
	weights := map[string]*torch.Tensor{}
	for _, w := range nn.StateDict(m) {
		weights[w.Name] = w.Tensor
	}
	return g, weights
}

// A network in bfloat16 is within what its roundings come to, shallow or deep, and by a factor of two at that; one whose plan is wrong isn't.
func TestTolerance(t *testing.T) {
	if err := BFloat16.Check(); err != nil {
		t.Skip(err)
	}
	right := maps.Clone(rules)
	defer func() { rules = right }()
	for _, depth := range []int{1, 5, 20, 50} {
		for seed := range uint64(3) {
			torch.ManualSeed(seed)
			s := torch.NewScope()
			x := s.Randn(1, 3, 12, 12)
			g, weights := deep(t, s, depth, x)
			rules = right
			p, err := New(g, weights, BFloat16, x)
			if err != nil {
				t.Fatalf("%d layers, seed %d: %v", depth, seed, err)
			}
			got, err := p.Run(x)
			if err != nil {
				t.Fatal(err)
			}
			want, err := torch.Replay(g, weights, x)
			if err != nil {
				t.Fatal(err)
			}
			d := Difference(got[0], want[0])
			t.Logf("%d layers, seed %d: off by %.4f, and may be by %.4f", depth, seed, d, p.Tolerance())
			if d > p.Tolerance()/2 {
				t.Errorf("%d layers, seed %d: off by %g, and may be by %g", depth, seed, d, p.Tolerance())
			}
			p.Close()
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
				if p, err := New(g, weights, BFloat16, x); err == nil || !strings.Contains(err.Error(), "its output is off by") {
					t.Errorf("%d layers, seed %d, %s: got %v", depth, seed, fault, err)
					p.Close()
				} else {
					t.Logf("%d layers, seed %d, %s: %v", depth, seed, fault, err)
				}
			}
			s.Close()
		}
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
		t.Errorf("%d roundings, want 4", n)
	}
}
