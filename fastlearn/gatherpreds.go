package fastlearn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// PredsOption changes a default of [Learner.GetPreds] and [GatherPreds].
type PredsOption func(*PredsGatherer)

// WithInput keeps what the model saw of each item, all of it in memory (fastai's with_input). In a fit of several
// processes it is an error: each sees its part alone.
func WithInput() PredsOption { return func(g *PredsGatherer) { g.withInput = true } }

// WithoutProbs leaves Preds.Probs out, which of many classes are most of what is kept (fastai's
// with_preds=False).
func WithoutProbs() PredsOption { return func(g *PredsGatherer) { g.withoutProbs = true } }

// GatherPreds makes a callback that keeps what the model said in its latest validation, as the training
// goes on or in [Learner.Validate], so that it can be looked at without running the model again
// (fastai's GatherPredsCallback). In a fit of several processes each keeps what all of them said.
func GatherPreds(opts ...PredsOption) *PredsGatherer {
	g := &PredsGatherer{}
	g.err = guard.Options("fastlearn: GatherPreds", opts, func(o PredsOption) { o(g) })
	return g
}

// PredsGatherer is the callback that [GatherPreds] makes.
type PredsGatherer struct {
	begun                   bool
	batches, leftOut        int // of the validation: seen, and those that a callback left out
	items                   []int
	preds                   Preds
	withInput, withoutProbs bool
	inputs                  []*torch.Tensor
	fault                   error        // the first prediction that isn't finite
	scope                   *torch.Scope // of the inputs
	err                     error        // of the options
}

// AfterCreate refuses options that can't be used.
func (g *PredsGatherer) AfterCreate(*Learner) error { return g.err }

// BeforeValidate forgets the validation before.
func (g *PredsGatherer) BeforeValidate(*Learner) error {
	g.Close()
	g.begun, g.batches, g.leftOut, g.items, g.preds, g.fault = true, 0, 0, nil, Preds{}, nil
	if g.withInput {
		g.scope = torch.NewScope()
	}
	return nil
}

// AfterBatch keeps a batch of the validation, all of it or, where it fails, nothing.
func (g *PredsGatherer) AfterBatch(l *Learner) error {
	switch {
	case l.Training:
		return nil
	case l.Pred == nil: // another callback cancelled it
		g.leftOut++
		return nil
	case len(l.Batch.Items) == 0: // of a custom loader
		g.batches++
		return nil
	}
	var p Preds // the batch's
	var failed error
	if err := torch.Try(func() { p, failed = g.ofBatch(l) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if g.withInput {
		g.inputs = append(g.inputs, p.Inputs.MoveTo(g.scope))
	}
	all := &g.preds
	g.batches, g.items, all.classes = g.batches+1, append(g.items, l.Batch.Items...), p.classes
	all.Probs, all.Losses = append(all.Probs, p.Probs...), append(all.Losses, p.Losses...)
	all.Decoded, all.Targets = append(all.Decoded, p.Decoded...), append(all.Targets, p.Targets...)
	all.DecodedRows, all.TargetRows = append(all.DecodedRows, p.DecodedRows...), append(all.TargetRows, p.TargetRows...)
	return nil
}

// ofBatch is what the model said of the batch in hand.
func (g *PredsGatherer) ofBatch(l *Learner) (p Preds, err error) {
	n := int64(len(l.Batch.Items))
	if g.withInput {
		if l.X().Size(0) != n { // of several processes each has a part
			return p, fmt.Errorf("WithInput: the batch has the predictions of %d items and the input of %d: predict outside of a fit of several processes, by GetPreds", n, l.X().Size(0))
		}
		p.Inputs = l.X().Detach().To(torch.CPU).Clone()
	}
	probs := activation(l.Loss, l.Pred)
	decoded := decode(l.Loss, probs)
	if err := errors.Join(eachItem("the loss's Activation", probs, n), eachItem("the loss's Decode", decoded, n)); err != nil {
		return p, err
	}
	p.Probs = conv.Rows(probs, n)
	for i, row := range p.Probs {
		if v, bad := conv.NotFinite(row); bad && g.fault == nil {
			g.fault = l.notFinite(l.Batch.Items[i], v)
		}
	}
	if g.withoutProbs {
		p.Probs = nil
	}
	classes := decoded.DType() == torch.Int64 && decoded.Numel() == n
	if classes {
		p.Decoded, p.classes = conv.Ints(decoded), max(int(probs.Numel()/n), 2) // one output tells two classes apart
	} else {
		p.DecodedRows = conv.Rows(decoded, n)
	}
	if l.Y() == nil {
		return p, nil
	}
	losses := l.lossOf(torch.ReductionNone)
	if err := errors.Join(eachItem("the targets", l.Y(), n), eachItem("the unreduced loss", losses, n)); err != nil {
		return p, err
	}
	if classes && l.Y().Numel() == n {
		p.Targets = conv.Ints(l.Y())
	} else {
		p.TargetRows = conv.Rows(l.Y(), n)
	}
	p.Losses = torch.ToSlice[float64](losses.Reshape(n, -1).Mean(1).To(torch.Float64))
	return p, nil
}

// eachItem refuses what hasn't as many numbers of each of n items.
func eachItem(what string, t *torch.Tensor, n int64) error {
	if all := t.Numel(); all < n || all%n != 0 {
		return fmt.Errorf("%s is of shape %v in a batch of %d items: want one number or more of each", what, t.Shape(), n)
	}
	return nil
}

// Close frees the inputs that [WithInput] keeps. It may be called again.
func (g *PredsGatherer) Close() {
	if g == nil {
		return
	}
	g.scope.Close()
	g.scope, g.inputs = nil, nil
}

// Preds are the predictions in the data set's order, without the items that the loader or a callback left
// out. It is an error before the first validation, and where a prediction is not finite, a [*predictor.NotFiniteError].
func (g *PredsGatherer) Preds() (*Preds, error) {
	if err := guard.Given("fastlearn: GatherPreds", g); err != nil {
		return nil, err
	}
	if !g.begun {
		return nil, errors.New("fastlearn: GatherPreds: there was no validation yet")
	}
	if g.fault != nil {
		return nil, g.fault
	}
	place := make([]int, len(g.items)) // place[i] is where the i-th item was seen
	for i := range place {
		place[i] = i
	}
	slices.SortFunc(place, func(a, b int) int { return g.items[a] - g.items[b] })
	p := &g.preds
	out := &Preds{
		Probs: conv.At(p.Probs, place), Decoded: conv.At(p.Decoded, place), Targets: conv.At(p.Targets, place),
		Losses: conv.At(p.Losses, place), Items: conv.At(g.items, place), DecodedRows: conv.At(p.DecodedRows, place), TargetRows: conv.At(p.TargetRows, place),
		classes: p.classes,
	}
	if len(g.inputs) == 0 {
		return out, nil
	}
	err := torch.Try(func() {
		s := torch.NewScope()
		defer s.Close()
		out.Inputs = torch.Cat(0, g.inputs...).MoveTo(s).IndexSelect(0, conv.Indices(s, place)).Keep()
	})
	return out, err
}

// Preds are a model's predictions on a data set, in its order.
type Preds struct {
	Probs   [][]float64 // activated: for each item the probability of each class, or the numbers
	Decoded []int       // each item's most likely class; nil where targets aren't classes
	Targets []int       // each item's class; nil without labels, or where targets aren't classes
	Losses  []float64   // each item's loss; nil without labels
	Items   []int       // each one's place in the loader's data set, in order, or that of the one that stood in, see [data.SkipUnreadable]

	DecodedRows [][]float64 // where targets aren't classes: what is predicted of each item
	TargetRows  [][]float64 // and what is true of it

	Inputs *torch.Tensor // with WithInput: what the model saw, N×C×H×W on the CPU, which the caller closes

	classes int // that the model tells apart, also without Probs
}

// Accuracy is the part of the items whose most likely class is their own; NaN where there
// aren't classes to compare (fastai's accuracy(*learn.get_preds())).
func (p *Preds) Accuracy() float64 {
	if p == nil {
		return math.NaN()
	}
	right, n := 0, min(len(p.Decoded), len(p.Targets))
	for i := range n {
		if p.Decoded[i] == p.Targets[i] {
			right++
		}
	}
	return float64(right) / float64(n)
}

// notFinite is the error of a prediction that isn't finite.
func (l *Learner) notFinite(item int, value float64) error {
	bad, err := nn.NotFinite(l.Model)
	if err != nil {
		return err
	}
	return &predictor.NotFiniteError{Tensors: bad, Outputs: true, Item: item, Value: value}
}
