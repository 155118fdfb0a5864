package nn

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Trace runs m, in evaluation mode, and returns its forward pass as a graph for batches of any size. xs are what [Call]
// gives it, several to a [MultiInput]; the first dimension of each is the batch.
//
// It runs batches of one and of three items, in which each number that follows the batch is found, and [torch.Replay] on a batch of two, whose outputs must be
// the model's, to the bit on a CPU: so nothing is missing in a graph. What a graph can't hold is an error that names it and the
// module, see [torch.Record]; so is a pass that differs by the batch's size otherwise than in its shapes.
func Trace(m Module, xs ...*torch.Tensor) (*graph.Graph, error) {
	t, err := newTracer("nn: Trace", m, xs)
	if err == nil {
		err = evaluates(m)
	}
	if err != nil {
		return nil, err
	}
	s := torch.NewScope()
	defer s.Close()
	g, err := t.trace(s, xs)
	if err != nil {
		return nil, fmt.Errorf("nn: Trace: %w", err)
	}
	return g, nil
}

// Record is [torch.Record] of one pass of m, whose modules are named.
func Record(m Module, xs ...*torch.Tensor) (*graph.Graph, error) {
	t, err := newTracer("nn: Record", m, xs)
	if err != nil {
		return nil, err
	}
	return t.record(xs)
}

func (t *tracer) trace(s *torch.Scope, xs []*torch.Tensor) (g *graph.Graph, err error) {
	const small, large, between = 1, 3, 2
	var graphs []*graph.Graph
	for _, n := range []int64{small, large} {
		var inputs []*torch.Tensor
		if err := torch.Try(func() { inputs = batchOf(s, xs, n) }); err != nil {
			return nil, err
		}
		g, err := t.record(inputs)
		if err != nil {
			return nil, err
		}
		graphs = append(graphs, g)
	}
	if g, err = graph.AnyBatch(graphs[0], graphs[1], small, large); err != nil {
		return nil, err
	}
	failure := torch.Try(func() { torch.NoGrad(func() { err = t.compare(s, g, xs, between) }) })
	return g, cmp.Or(err, failure)
}

// compare holds a replay against the model.
func (t *tracer) compare(s *torch.Scope, g *graph.Graph, xs []*torch.Tensor, n int64) error {
	in := batchOf(s, xs, n)
	want := Call(t.m, in[0], in[1:]...)
	got, err := torch.Replay(g, t.weights, batchOf(s, xs, n)...)
	if err != nil {
		return fmt.Errorf("its graph, from batches of other sizes, doesn't run for a batch of %d: %w", n, err)
	}
	if !equalOutputs(got[0], want) {
		return fmt.Errorf("its graph computes another output than the model does for a batch of %d: the model does something that no operation of libtorch's dispatcher does, or goes by the batch's size otherwise than in shapes", n)
	}
	return nil
}

// equalOutputs tells whether both are equal, NaNs too; on a GPU, whose kernels are chosen anew each time, within rounding.
func equalOutputs(a, b *torch.Tensor) bool {
	if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	if a.Equal(b) {
		return true
	}
	if !a.DType().IsFloatingPoint() {
		return false
	}
	tolerance := 0.0
	if a.Device().IsCUDA() {
		tolerance = 1e-3
	}
	return torch.Call("aten::allclose", a, b, tolerance, tolerance, true)[0].(bool)
}

// batchOf are inputs of n items, those of xs over and over.
func batchOf(s *torch.Scope, xs []*torch.Tensor, n int64) []*torch.Tensor {
	batches := make([]*torch.Tensor, len(xs))
	for i, x := range xs {
		items := make([]*torch.Tensor, n)
		for j := range items {
			items[j] = x.In(s).Narrow(0, int64(j)%x.Size(0), 1)
		}
		batches[i] = torch.Cat(0, items...)
	}
	return batches
}
