// Package plan makes of a graph (package torch/graph) the fastest way to run it on this processor: what libtorch has fused operations
// for, of oneDNN's, runs as these, with weights laid out once, and all else as it was recorded.
package plan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Plan is a forward pass that is ready to run. Its numbers never change, and it serves many goroutines. Whoever made it closes it.
type Plan struct {
	run       *torch.Replayer
	tolerance float64
	graph     *graph.Graph
	weights   map[string]*torch.Tensor // its own: what was made of the graph's, and those of the graph's that run as they are
	varying   []*layouts

	mu   sync.Mutex
	fits map[situation]*torch.Replayer
	runs map[string]*torch.Replayer // by the layouts of varying
}

// New makes a plan of a float32 graph for inputs of xs' shapes, on the CPU; batches of other sizes are right, too. It is run on xs, and New
// returns an error where its outputs aren't those of the graph itself within its [Plan.Tolerance], in bytes those of [FakeQuantize], and where the processor
// lacks what the precision needs. The weights
// may be closed afterwards.
//
// Batch norms are folded into the convolution or linear layer before them, activations and sums run within
// these, and pictures lie channels-last. A graph with operations in place that can't be run otherwise is left as it is.
func New(g *graph.Graph, weights map[string]*torch.Tensor, precision Precision, xs ...*torch.Tensor) (p *Plan, err error) {
	if err := guard.Given("plan.New", g); err != nil {
		return nil, err
	}
	if err := g.Check(); err != nil {
		return nil, fmt.Errorf("plan.New: %w", err)
	}
	if err := precision.Check(); err != nil {
		return nil, fmt.Errorf("plan.New: %w", err)
	}
	failure := torch.Try(func() { torch.NoGrad(func() { p, err = planned(g, weights, precision, xs) }) })
	if err = cmp.Or(err, failure); err != nil {
		return nil, fmt.Errorf("plan.New: %w", err)
	}
	return p, nil
}

func planned(g *graph.Graph, weights map[string]*torch.Tensor, precision Precision, xs []*torch.Tensor) (*Plan, error) {
	plain, err := torch.NewReplayer(g, weights)
	if err != nil {
		return nil, err
	}
	want, err := plain.Run(xs...)
	if err != nil {
		return nil, err
	}
	defer closeAll(want)
	p, err := fused(g, weights, precision, xs)
	if err != nil {
		return nil, err
	}
	if err := p.hold(precision, g, weights, xs, want); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func fused(g *graph.Graph, weights map[string]*torch.Tensor, precision Precision, xs []*torch.Tensor) (p *Plan, err error) {
	b := newBuilder(g, weights, xs[0].Size(0), precision)
	defer b.own.Close()
	b.build()
	p = &Plan{graph: b.graph(), weights: b.weights, varying: b.varying, fits: map[situation]*torch.Replayer{}, runs: map[string]*torch.Replayer{}}
	for _, t := range p.tensors() {
		t.Keep()
	}
	if p.run, err = torch.NewReplayer(p.graph, b.weights); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Plan) compare(xs, want []*torch.Tensor, tolerance float64) error {
	got, err := p.run.Run(xs...)
	if err != nil {
		return err
	}
	defer closeAll(got)
	for i, w := range want {
		if d := Difference(got[i], w); !(d <= tolerance) {
			return fmt.Errorf("its output is off by %.3g of the largest, and may be by %.3g", d, tolerance)
		}
	}
	return nil
}

// Difference returns how far a is from b at most, as a part of the largest of b: infinity where their shapes differ or one is NaN where the other isn't.
func Difference(a, b *torch.Tensor) float64 {
	if !slices.Equal(a.Shape(), b.Shape()) {
		return inf
	}
	return difference(elements(a), elements(b))
}

func elements(t *torch.Tensor) []float64 {
	s := torch.NewScope()
	defer s.Close()
	return torch.ToSlice[float64](t.Detach().MoveTo(s).To(torch.Float64))
}

func closeAll(ts []*torch.Tensor) {
	for _, t := range ts {
		t.Close()
	}
}

var errClosed = errors.New("plan: the plan is nil, empty or closed: make it by plan.New")

// Run computes the graph's outputs, without gradients. They live in the youngest scope of the inputs.
func (p *Plan) Run(inputs ...*torch.Tensor) (outputs []*torch.Tensor, err error) {
	if p == nil || p.run == nil {
		return nil, errClosed
	}
	run, err := p.fitting(inputs)
	if err != nil {
		return nil, err
	}
	torch.NoGrad(func() { outputs, err = run.Run(inputs...) })
	return outputs, err
}

// AllowAnySize has [Plan.Run] take inputs of other sizes than those of the graph, and not only of other batches. Whoever calls it knows
// that the graph's numbers don't depend on them, before other goroutines run the plan.
func (p *Plan) AllowAnySize() {
	if p != nil && p.run != nil {
		p.run.AnySize = true
	}
}

// Graph returns the graph that runs.
func (p *Plan) Graph() *graph.Graph {
	if p == nil {
		return nil
	}
	return p.graph
}

// Close frees the plan's weights. It must not run then, nor later.
func (p *Plan) Close() {
	if p == nil {
		return
	}
	closeAll(p.tensors())
	p.weights, p.varying, p.run, p.fits, p.runs = nil, nil, nil, nil, nil
}

// tensors are all that the plan owns.
func (p *Plan) tensors() []*torch.Tensor {
	all := slices.Collect(maps.Values(p.weights))
	for _, v := range p.varying {
		for _, laid := range v.laid {
			if laid != p.weights[v.key] {
				all = append(all, laid)
			}
		}
	}
	return all
}
