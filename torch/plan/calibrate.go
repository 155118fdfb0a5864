package plan

import (
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// CalibrateOption changes a default of [Calibrate].
type CalibrateOption interface{ calibrate(*calibration) }

type calibrateFunc func(*calibration)

func (f calibrateFunc) calibrate(c *calibration) { f(c) }

type calibration struct {
	percentile float64 // 100: all
	float      []FloatOption
	known      []*graph.Range // nothing is measured
	given      bool           // known is
}

// Percentile measures a value from its (100-p)th percentile to its pth, such as 99.99, in place of its least and largest: rare outliers are then cut
// off, and all else is rounded less. p is above 50 and at most 100, which is the default. The batches are run twice, and must be the same ones.
func Percentile(p float64) CalibrateOption {
	return calibrateFunc(func(c *calibration) { c.percentile = p })
}

// Ranges takes over the ranges of a graph's values, by their numbers, nil for those without one, and which layers were left in float32 meanwhile, and
// measures nothing: Calibrate needs no batches then.
func Ranges(known []*graph.Range, float ...FloatOption) CalibrateOption {
	return calibrateFunc(func(c *calibration) { c.known, c.given, c.float = known, true, append(c.float, float...) })
}

// Calibrate runs a graph on batches, each its inputs, and notes in its values between which numbers the elements of pictures and of linear layers' inputs lie, their
// [graph.Value.Range]: [Int8] needs them. Without a batch it is an error.
func Calibrate(g *graph.Graph, weights map[string]*torch.Tensor, batches iter.Seq2[[]*torch.Tensor, error], opts ...CalibrateOption) error {
	if err := guard.Given("plan.Calibrate", g); err != nil {
		return err
	}
	c := calibration{percentile: 100}
	if err := guard.Options("plan.Calibrate", opts, func(o CalibrateOption) { o.calibrate(&c) }); err != nil {
		return err
	}
	if c.given {
		return c.takeOver(g)
	}
	if err := guard.Given("plan.Calibrate", batches); err != nil {
		return err
	}
	if !(c.percentile > 50 && c.percentile <= 100) {
		return fmt.Errorf("plan.Calibrate: Percentile(%v): want a number above 50 and at most 100", c.percentile)
	}
	r, err := torch.NewReplayer(g, weights)
	if err != nil {
		return fmt.Errorf("plan.Calibrate: %w", err)
	}
	ranges := map[graph.Ref]graph.Range{}
	measurable := measurable(g)
	r.Observe = func(at graph.Ref, t *torch.Tensor) {
		if t == nil || !measurable[at] {
			return
		}
		seen, ok := ranges[at]
		now := extremes(t)
		if ok {
			now = graph.Range{Low: min(seen.Low, now.Low), High: max(seen.High, now.High)}
		}
		ranges[at] = now
	}
	if err := runAll(r, batches); err != nil {
		return fmt.Errorf("plan.Calibrate: %w", err)
	}
	for at, seen := range ranges {
		if math.IsInf(seen.Low, 0) || math.IsInf(seen.High, 0) || math.IsNaN(seen.Low+seen.High) {
			return fmt.Errorf("plan.Calibrate: the value %d isn't finite", at)
		}
	}
	if c.percentile < 100 {
		counts := histograms{ranges: ranges, counts: map[graph.Ref][]float64{}}
		r.Observe = counts.see
		if err := runAll(r, batches); err != nil {
			return fmt.Errorf("plan.Calibrate: %w", err)
		}
		counts.cut(1 - c.percentile/100)
	}
	c.note(g, ranges)
	return nil
}

// takeOver notes what was known before.
func (c *calibration) takeOver(g *graph.Graph) error {
	switch {
	case c.percentile != 100:
		return errors.New("plan.Calibrate: Percentile beside Ranges, which are measured: leave one away")
	case c.known == nil:
		return errors.New("plan.Calibrate: Ranges(nil): nothing was measured, as before the first batch of a training")
	case len(c.known) != len(g.Values):
		return fmt.Errorf("plan.Calibrate: Ranges of %d values, and the graph has %d: they are another model's", len(c.known), len(g.Values))
	}
	ranges, measurable := map[graph.Ref]graph.Range{}, measurable(g)
	for at, r := range c.known {
		if r == nil {
			continue
		}
		if v := g.Values[at]; !measurable[graph.Ref(at)] || !(r.Low <= r.High) || math.IsInf(r.High-r.Low, 0) {
			return fmt.Errorf("plan.Calibrate: Ranges: the value %d, %v, can't lie between %v and %v: they are another model's", at, v, r.Low, r.High)
		}
		ranges[graph.Ref(at)] = *r
	}
	c.note(g, ranges)
	return nil
}

// note writes ranges into the graph.
func (c *calibration) note(g *graph.Graph, ranges map[graph.Ref]graph.Range) {
	markFloat(g, func(n *graph.Node) bool {
		return n.Op == layers[conv].plain || takesVectors(g, n)
	}, c.float)
	for at := range g.Values {
		g.Values[at].Range = nil
		if seen, ok := ranges[graph.Ref(at)]; ok {
			g.Values[at].Range = &seen
		}
	}
}

// measurable are what convolutions of pictures take and make, and what linear layers take.
func measurable(g *graph.Graph) map[graph.Ref]bool {
	all := map[graph.Ref]bool{}
	for i, v := range g.Values {
		all[graph.Ref(i)] = v.DType == "float32" && len(v.Shape) == 4
	}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; takesVectors(g, n) {
			input := n.Args["input"].(graph.Ref)
			all[input] = g.Values[input].DType == "float32"
		}
	}
	return all
}

// takesVectors tells of a linear layer that may compute in bytes.
func takesVectors(g *graph.Graph, n *graph.Node) bool {
	input, ok := n.Args["input"].(graph.Ref)
	return ok && n.Op == layers[linear].plain && manyVectors(g.Values[input])
}

func extremes(t *torch.Tensor) graph.Range {
	low, high := t.Min(), t.Max()
	defer closeAll([]*torch.Tensor{low, high})
	return graph.Range{Low: low.Item(), High: high.Item()}
}

func runAll(r *torch.Replayer, batches iter.Seq2[[]*torch.Tensor, error]) error {
	n := 0
	for xs, err := range batches {
		if err != nil {
			return err
		}
		outputs, err := r.Run(xs...)
		if err != nil {
			return err
		}
		closeAll(outputs)
		n++
	}
	if n == 0 {
		return fmt.Errorf("there is no batch")
	}
	return nil
}
