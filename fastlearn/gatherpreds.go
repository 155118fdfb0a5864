package fastlearn

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// PredsOption changes a default of [Learner.GetPreds] and [GatherPreds].
type PredsOption func(*PredsGatherer)

// WithInput keeps what the model saw of each item, all of it in memory (fastai's with_input).
func WithInput() PredsOption { return func(g *PredsGatherer) { g.withInput = true } }

// WithoutProbs leaves Preds.Probs out, which of many classes are most of what is kept (fastai's
// with_preds=False).
func WithoutProbs() PredsOption { return func(g *PredsGatherer) { g.withoutProbs = true } }

// GatherPreds makes a callback that keeps what the model said in its latest validation, as the training
// goes on or in [Learner.Validate], so that it can be looked at without running the model again
// (fastai's GatherPredsCallback).
func GatherPreds(opts ...PredsOption) *PredsGatherer {
	g := &PredsGatherer{}
	for _, opt := range opts {
		opt(g)
	}
	return g
}

// PredsGatherer is the callback that [GatherPreds] makes.
type PredsGatherer struct {
	batches, leftOut        int // of the validation: seen, and those that a callback left out
	items                   []int
	preds                   Preds
	withInput, withoutProbs bool
	inputs                  []*torch.Tensor
	scope                   *torch.Scope // of the inputs
}

// BeforeValidate forgets the validation before.
func (g *PredsGatherer) BeforeValidate(*Learner) error {
	g.Close()
	g.batches, g.leftOut, g.items, g.preds = 0, 0, nil, Preds{}
	if g.withInput {
		g.scope = torch.NewScope()
	}
	return nil
}

// AfterBatch keeps a batch of the validation.
func (g *PredsGatherer) AfterBatch(l *Learner) error {
	switch {
	case l.Training:
		return nil
	case l.Pred == nil: // another callback cancelled it
		g.leftOut++
		return nil
	}
	return torch.Try(func() {
		g.batches++
		n := int64(len(l.Batch.Items))
		probs := l.Loss.Activation(l.Pred)
		decoded := l.Loss.Decode(probs)
		g.items = append(g.items, l.Batch.Items...)
		if g.withInput {
			g.inputs = append(g.inputs, l.X.Detach().To(torch.CPU).Clone().MoveTo(g.scope))
		}
		if !g.withoutProbs {
			g.preds.Probs = append(g.preds.Probs, itemRows(probs, n)...)
		}
		classes := decoded.DType() == torch.Int64
		if classes {
			g.preds.Decoded = append(g.preds.Decoded, ints(decoded)...)
		} else {
			g.preds.DecodedRows = append(g.preds.DecodedRows, itemRows(decoded, n)...)
		}
		if l.Y == nil {
			return
		}
		if classes {
			g.preds.Targets = append(g.preds.Targets, ints(l.Y)...)
		} else {
			g.preds.TargetRows = append(g.preds.TargetRows, itemRows(l.Y, n)...)
		}
		losses := l.Loss.Loss(l.Pred, l.Y, torch.ReductionNone).Reshape(n, -1).Mean(false, 1)
		g.preds.Losses = append(g.preds.Losses, torch.ToSlice[float64](losses.To(torch.Float64))...)
	})
}

// Close frees the inputs that [WithInput] keeps. It may be called again.
func (g *PredsGatherer) Close() {
	g.scope.Close()
	g.scope, g.inputs = nil, nil
}

// Preds are the predictions in the data set's order, without the items that the loader left out.
func (g *PredsGatherer) Preds() (*Preds, error) {
	place := make([]int, len(g.items)) // place[i] is where the i-th item was seen
	for i := range place {
		place[i] = i
	}
	slices.SortFunc(place, func(a, b int) int { return g.items[a] - g.items[b] })
	p := &g.preds
	out := &Preds{
		Probs: reorder(p.Probs, place), Decoded: reorder(p.Decoded, place), Targets: reorder(p.Targets, place),
		Losses: reorder(p.Losses, place), Items: reorder(g.items, place), DecodedRows: reorder(p.DecodedRows, place), TargetRows: reorder(p.TargetRows, place),
	}
	if len(g.inputs) == 0 {
		return out, nil
	}
	err := torch.Try(func() {
		out.Inputs = torch.Cat(0, g.inputs...).IndexSelect(0, indices(g.scope, place)).Keep()
	})
	return out, err
}

func reorder[T any](values []T, place []int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, len(place))
	for i, p := range place {
		out[i] = values[p]
	}
	return out
}

// indices are whole numbers as a tensor in a scope.
func indices(s *torch.Scope, values []int) *torch.Tensor {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return torch.FromSlice(s, wide, int64(len(wide)))
}

// ints are a tensor's whole numbers.
func ints(t *torch.Tensor) []int {
	values := torch.ToSlice[int64](t.To(torch.Int64))
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}

// itemRows are the numbers of each of n items.
func itemRows(t *torch.Tensor, n int64) [][]float64 {
	flat := torch.ToSlice[float64](t.To(torch.Float64))
	out := make([][]float64, n)
	for i := range out {
		width := len(flat) / int(n)
		out[i] = flat[i*width : (i+1)*width : (i+1)*width]
	}
	return out
}
