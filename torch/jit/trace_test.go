package jit_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// What a TorchScript file computes is traced as anything else, with the keys of its parameters.
func TestTrace(t *testing.T) {
	m, err := jit.Load("testdata/net.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	nn.Eval(m)
	g, err := nn.Trace(m, s.Randn(2, 3, 32, 32))
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, n := range g.Nodes {
		ops = append(ops, n.Op)
	}
	for _, want := range []string{"aten::conv2d", "aten::batch_norm", "aten::linear"} {
		if !slices.Contains(ops, want) {
			t.Errorf("no %s: %v", want, ops)
		}
	}
	for _, key := range []string{"0.weight", "1.running_mean", "5.bias"} {
		if _, ok := g.Weights[key]; !ok {
			t.Errorf("no %s: %v", key, g.Weights)
		}
	}
}
