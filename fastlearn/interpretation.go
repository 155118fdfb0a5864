package fastlearn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Interpretation is what a classifier said of a labelled data set, without the pictures
// (fastai's ClassificationInterpretation).
type Interpretation struct {
	*Preds
	Vocab []string
	Files []string // of each prediction; nil for loaders of one's own
}

// Interpret runs the model once over a loader with labels; a nil loader is the validation
// set (fastai's ClassificationInterpretation.from_learner).
func (l *Learner) Interpret(ctx context.Context, dl Loader) (*Interpretation, error) {
	if dl == nil {
		dl = l.DLs.Valid
	}
	p, err := l.GetPreds(ctx, dl)
	if err != nil {
		return nil, err
	}
	if p.Targets == nil {
		return nil, errors.New("fastlearn: Interpret needs a loader whose targets are classes")
	}
	i := &Interpretation{Preds: p, Vocab: l.DLs.Vocab}
	for c := len(i.Vocab); c < len(p.Probs[0]); c++ {
		i.Vocab = append(slices.Clip(i.Vocab), fmt.Sprint(c))
	}
	if loader, ok := dl.(*DataLoader); ok {
		i.Files = pick(loader.Files(), p.Items)
	}
	return i, nil
}

// ConfusionMatrix counts how often each class, a row, was taken for each class, a column.
// Targets beyond the vocabulary, such as those that a loss ignores, are left out.
func (i *Interpretation) ConfusionMatrix() [][]int {
	m := make([][]int, len(i.Vocab))
	for k := range m {
		m[k] = make([]int, len(i.Vocab))
	}
	for k, actual := range i.Targets {
		if actual >= 0 && actual < len(m) {
			m[actual][i.Decoded[k]]++
		}
	}
	return m
}

// Confusion is a class that was taken for another N times.
type Confusion struct {
	Actual, Predicted string
	N                 int
}

// MostConfused lists the confusions that happened least times or more, the most frequent
// first (fastai's most_confused).
func (i *Interpretation) MostConfused(least int) []Confusion {
	var out []Confusion
	for actual, row := range i.ConfusionMatrix() {
		for predicted, n := range row {
			if actual != predicted && n >= max(least, 1) {
				out = append(out, Confusion{i.Vocab[actual], i.Vocab[predicted], n})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Confusion) int { return b.N - a.N })
	return out
}

// TopLosses are the places of the k items with the largest losses, the largest first and
// NaN before all; all of them for a k of 0 (fastai's top_losses).
func (i *Interpretation) TopLosses(k int) []int {
	places := make([]int, len(i.Losses))
	for p := range places {
		places[p] = p
	}
	rank := func(p int) float64 {
		if math.IsNaN(i.Losses[p]) {
			return math.Inf(1)
		}
		return i.Losses[p]
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(rank(b), rank(a)) })
	if k > 0 && k < len(places) {
		places = places[:k]
	}
	return places
}
