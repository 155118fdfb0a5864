package plan

import (
	"errors"
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Tolerance returns how far outputs may be from the graph's own, as a part of the largest: 1e-4 in float32; in bfloat16 what its roundings come to in
// this graph; and 1 in bytes, where what lies beyond the measured ranges is cut off, see [FakeQuantize]. It is 0 for a plan that is nil.
func (p *Plan) Tolerance() float64 {
	if p == nil {
		return 0
	}
	return p.tolerance
}

// Rounding to bfloat16 changes a number by at most 2⁻⁸ of it. Spread evenly between two neighbours, and over the numbers between two powers of two, that is
// 2⁻⁸/√3·√½ in the root mean square. Roundings are independent, so n of them, one after the other, come to √n times as much.
var rounding = math.Exp2(-8) / math.Sqrt(6)

// deviations is how many of such standard deviations an output may be off. Of normal numbers one in 5·10⁸ is.
const deviations = 6

// hold compares the plan's outputs of xs with want, those of g.
func (p *Plan) hold(precision Precision, g *graph.Graph, weights map[string]*torch.Tensor, xs, want []*torch.Tensor) error {
	switch precision {
	case BFloat16:
		return p.holdBrain(g, weights, xs, want)
	case Int8:
		p.tolerance = 1
		return p.holdBytes(g, weights, xs, want)
	}
	p.tolerance = exact
	return p.compare(xs, want, exact)
}

// exact is what float32's own rounding comes to at most.
const exact = 1e-4

// holdBrain works out the tolerance in bfloat16. A graph may make errors larger or smaller on their way to its outputs: how much, with these weights and
// inputs, is measured by rounding weights alone, which are half of what is rounded.
func (p *Plan) holdBrain(g *graph.Graph, weights map[string]*torch.Tensor, xs, want []*torch.Tensor) error {
	rounded := map[string]*torch.Tensor{}
	for key := range g.Weights {
		if rounded[key] = weights[key]; weights[key].DType() == torch.Float32 && weights[key].Dim() > 1 {
			less := weights[key].To(torch.BFloat16)
			rounded[key] = less.To(torch.Float32).Keep()
			defer rounded[key].Close()
			less.Close()
		}
	}
	got, err := torch.Replay(g, rounded, xs...)
	if err != nil {
		return err
	}
	defer closeAll(got)
	p.tolerance = deviations * max(rounding*math.Sqrt(roundings(p.graph)), math.Sqrt2*mostDeviation(got, want))
	return p.compare(xs, want, p.tolerance)
}

// holdBytes compares in two steps, as what is cut off may change an output by anything: the plan in float32 with g, and the plan in bytes with the same
// rounded in float32, from which it may differ as much as rounding differs from not rounding.
func (p *Plan) holdBytes(g *graph.Graph, weights map[string]*torch.Tensor, xs, want []*torch.Tensor) error {
	plain, err := fused(g, weights, Float32, xs)
	if err != nil {
		return err
	}
	err = plain.compare(xs, want, exact)
	plain.Close()
	if err != nil {
		return err
	}
	rounded, err := fakeQuantize(g, weights, nil, xs)
	if errors.Is(err, errNoBytes) {
		return p.compare(xs, want, exact)
	}
	if err != nil {
		return err
	}
	defer closeAll(rounded)
	return p.compare(xs, rounded, deviations*max(stepping*math.Sqrt(roundings(p.graph)), mostDeviation(rounded, want)))
}

// stepping is rounding to one of 255 steps, as a part of all of them.
var stepping = 1 / (255 * math.Sqrt(12))

func mostDeviation(got, want []*torch.Tensor) (most float64) {
	for i, w := range want {
		most = max(most, deviation(elements(got[i]), elements(w)))
	}
	return most
}

// roundings is how many there are on the longest way from an input of a plan to an output: one of each operation's result, and of a layer's weight.
func roundings(g *graph.Graph) (longest float64) {
	before := make([]float64, len(g.Values))
	for _, n := range g.Nodes {
		there := 1.0
		if n.Args["W"] != nil || n.Args["qw"] != nil {
			there = 2
		}
		most := 0.0
		for _, r := range n.Uses() {
			most = max(most, before[r])
		}
		for _, r := range n.Results {
			if r != graph.None {
				before[r] = most + there
			}
		}
	}
	for _, r := range g.Outputs {
		longest = max(longest, before[r])
	}
	return longest
}
