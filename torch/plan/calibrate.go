package plan

import (
	"fmt"
	"iter"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Calibrate runs a graph on batches, each its inputs, and notes in its values between which numbers the elements of pictures lie, their
// [graph.Value.Range]: [Int8] needs them. Without a batch it is an error.
func Calibrate(g *graph.Graph, weights map[string]*torch.Tensor, batches iter.Seq2[[]*torch.Tensor, error]) error {
	if err := guard.Given("plan.Calibrate", g, batches); err != nil {
		return err
	}
	r, err := torch.NewReplayer(g, weights)
	if err != nil {
		return fmt.Errorf("plan.Calibrate: %w", err)
	}
	ranges := map[graph.Ref][2]float64{}
	see := func(at graph.Ref, t *torch.Tensor) {
		if t == nil || t.DType() != torch.Float32 || t.Dim() != 4 {
			return
		}
		low, high := t.Min(), t.Max()
		defer closeAll([]*torch.Tensor{low, high})
		seen, ok := ranges[at]
		if !ok {
			seen = [2]float64{math.Inf(1), math.Inf(-1)}
		}
		ranges[at] = [2]float64{min(seen[0], low.Item()), max(seen[1], high.Item())}
	}
	r.Observe = see
	n := 0
	for xs, err := range batches {
		if err != nil {
			return fmt.Errorf("plan.Calibrate: %w", err)
		}
		outputs, err := r.Run(xs...)
		if err != nil {
			return fmt.Errorf("plan.Calibrate: %w", err)
		}
		closeAll(outputs)
		n++
	}
	if n == 0 {
		return fmt.Errorf("plan.Calibrate: there is no batch")
	}
	for at, seen := range ranges {
		if math.IsInf(seen[0], 0) || math.IsInf(seen[1], 0) || math.IsNaN(seen[0]+seen[1]) {
			return fmt.Errorf("plan.Calibrate: the value %d isn't finite", at)
		}
		g.Values[at].Range = &graph.Range{Low: seen[0], High: seen[1]}
	}
	return nil
}
