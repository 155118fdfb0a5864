package plan

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Tolerance returns how far outputs may be from the graph's own, as a part of the largest: 1e-4 in float32; in bfloat16 what its roundings come to in
// this graph; and 1 in bytes, where what lies beyond the measured ranges is cut off. It is 0 for a plan that is nil.
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

// allow works out the tolerance for g, whose outputs of xs are want. A graph may make errors larger or smaller on their way to its outputs: how much, with
// these weights and inputs, is measured by rounding weights alone, which are half of what is rounded.
func (p *Plan) allow(precision Precision, g *graph.Graph, weights map[string]*torch.Tensor, xs, want []*torch.Tensor) error {
	switch precision {
	case Float32:
		p.tolerance = 1e-4
		return nil
	case Int8:
		p.tolerance = 1
		return nil
	}
	rounded := map[string]*torch.Tensor{}
	for key := range g.Weights {
		if rounded[key] = weights[key]; weights[key].DType() == torch.Float32 && weights[key].Dim() > 1 {
			less := weights[key].To(torch.BFloat16)
			rounded[key] = less.To(torch.Float32).Keep()
			defer rounded[key].Close()
			less.Close()
		}
	}
	plain, err := torch.NewReplayer(g, rounded)
	if err != nil {
		return err
	}
	got, err := plain.Run(xs...)
	if err != nil {
		return err
	}
	defer closeAll(got)
	expected := rounding * math.Sqrt(float64(roundings(p.graph)))
	for i, w := range want {
		expected = max(expected, math.Sqrt2*deviation(elements(got[i]), elements(w)))
	}
	p.tolerance = deviations * expected
	return nil
}

// roundings is how many there are on the longest way from an input of a plan to an output: one of each operation's result, and of a layer's weight.
func roundings(g *graph.Graph) (longest int) {
	before := make([]int, len(g.Values))
	for _, n := range g.Nodes {
		there := 1
		if _, layer := n.Args["W"]; layer {
			there = 2
		}
		most := 0
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
