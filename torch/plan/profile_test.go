package plan_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

// Each operation is timed once, in the order of execution, also those in place, and nothing is left.
func TestProfile(t *testing.T) {
	collector.Off(t)
	torch.ManualSeed(7)
	before := torch.LiveTensors()
	s := torch.NewScope()
	m := seq(conv(8, 8), skip(seq(conv(8, 8), conv(8, 8)), add), &nn.ReLU{}, op("aten::elu"))
	x := s.Randn(2, 8, 12, 10)
	g, weights := prepared(t, s, m, x)
	p, err := plan.New(g, weights, plan.Float32, x)
	if err != nil {
		t.Fatal(err)
	}
	timings, err := p.Profile(x)
	if err != nil {
		t.Fatal(err)
	}
	var timed, want []string
	for _, n := range p.Graph().Nodes {
		want = append(want, n.Op)
	}
	for _, each := range timings {
		if timed = append(timed, each.Op); each.Took <= 0 {
			t.Errorf("%s of %q took %v", each.Op, each.Module, each.Took)
		}
	}
	if !slices.Equal(timed, want) {
		t.Errorf("timed %v, want %v", timed, want)
	}
	if _, err := p.Profile(s.Randn(2, 4, 12, 10)); err == nil {
		t.Error("an input of other channels is taken")
	}
	p.Close()
	nn.Close(m)
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	if _, err := p.Profile(x); err == nil {
		t.Error("a closed plan is profiled")
	}
}
