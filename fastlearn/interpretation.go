package fastlearn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
)

// Interpretation is what a model said of a labelled data set, without the pictures (fastai's
// Interpretation, and its ClassificationInterpretation where targets are classes).
type Interpretation struct {
	*Preds
	Vocab []string
	Files []string // of each prediction; nil for custom loaders
}

// Interpret runs the model once over a loader with labels; a nil loader is the validation
// set (fastai's from_learner).
func (l *Learner) Interpret(ctx context.Context, dl data.Loader) (*Interpretation, error) {
	return get(l, "Interpret", func() (*Interpretation, error) { return l.interpret(ctx, dl) })
}

func (l *Learner) interpret(ctx context.Context, dl data.Loader) (*Interpretation, error) {
	p, err := l.GetPreds(ctx, dl)
	if err != nil {
		return nil, err
	}
	return l.interpretPreds(p, dl)
}

// Interpret is [Learner.Interpret] for predictions that are there already; dl is the loader of l that
// they are of, nil the validation set.
func (p *Preds) Interpret(l *Learner, dl data.Loader) (*Interpretation, error) {
	return get(l, "Interpret", func() (*Interpretation, error) { return l.interpretPreds(p, dl) })
}

func (l *Learner) interpretPreds(p *Preds, dl data.Loader) (*Interpretation, error) {
	if p == nil {
		return nil, errors.New("fastlearn: Interpret: the predictions are nil")
	}
	dl = l.orValid(dl)
	if len(p.Items) == 0 {
		return nil, errors.New("fastlearn: Interpret: nothing was predicted: the loader has no items, or none that can be read")
	}
	if p.Losses == nil {
		return nil, errors.New("fastlearn: Interpret needs a loader with labels")
	}
	i := &Interpretation{Preds: p, Vocab: l.DLs.Vocab}
	if p.Targets != nil {
		n := p.classes
		if len(p.Probs) > 0 {
			n = max(n, len(p.Probs[0]))
		}
		for c := len(i.Vocab); c < n; c++ {
			i.Vocab = append(slices.Clip(i.Vocab), fmt.Sprint(c))
		}
	}
	if loader, ok := dl.(*data.ItemLoader); ok {
		files := loader.Files()
		if last := slices.Max(p.Items); last >= len(files) {
			return nil, fmt.Errorf("fastlearn: Interpret: the predictions are of another loader: there is one of item %d, and the loader has %d", last, len(files))
		}
		i.Files = conv.At(files, p.Items)
	}
	return i, nil
}

// orEmpty is i, or one without predictions where there are none.
func (i *Interpretation) orEmpty() *Interpretation {
	switch {
	case i == nil:
		return &Interpretation{Preds: &Preds{}}
	case i.Preds == nil:
		return &Interpretation{Preds: &Preds{}, Vocab: i.Vocab, Files: i.Files}
	}
	return i
}

// Class names a class by its place; one beyond the vocabulary, such as one that a loss ignores, by
// its number, and so every class of a nil Interpretation.
func (i *Interpretation) Class(place int) string {
	if i == nil || place < 0 || place >= len(i.Vocab) {
		return fmt.Sprint(place)
	}
	return i.Vocab[place]
}

// Actual is what is true of the p-th item, in words: its class, its labels joined by ";" ("nothing" for none), or
// its numbers. It is "" for an item that there isn't.
func (i *Interpretation) Actual(p int) string {
	i = i.orEmpty()
	return i.words(i.Targets, i.TargetRows, p)
}

// Predicted is what the model said of the p-th item, in words as [Interpretation.Actual]'s.
func (i *Interpretation) Predicted(p int) string {
	i = i.orEmpty()
	return i.words(i.Decoded, i.DecodedRows, p)
}

// Prob is how probable the model found the class that it took the p-th item for; ok is false where that is not known, as
// of the second class of a model with one output.
func (i *Interpretation) Prob(p int) (prob float64, ok bool) {
	i = i.orEmpty()
	if outside(i.Decoded, p) || outside(i.Probs, p) || i.Decoded[p] < 0 || i.Decoded[p] >= len(i.Probs[p]) {
		return 0, false
	}
	return i.Probs[p][i.Decoded[p]], true
}

// Wrong tells whether the p-th item's class or labels are others than those it has; numbers are never wrong, but
// more or less far off, and nor is anything where the class is beyond the vocabulary, such as one that a loss ignores.
func (i *Interpretation) Wrong(p int) bool {
	i = i.orEmpty()
	switch {
	case outside(i.Targets, p) && outside(i.TargetRows, p):
	case !outside(i.Targets, p) && !outside(i.Decoded, p):
		ignored := len(i.Vocab) > 0 && (i.Targets[p] < 0 || i.Targets[p] >= len(i.Vocab))
		return !ignored && i.Decoded[p] != i.Targets[p]
	case !outside(i.TargetRows, p) && !outside(i.DecodedRows, p) && len(i.Vocab) == len(i.TargetRows[p]):
		return !slices.Equal(i.DecodedRows[p], i.TargetRows[p])
	}
	return false
}

func (i *Interpretation) words(classes []int, rows [][]float64, p int) string {
	switch {
	case !outside(classes, p):
		return i.Class(classes[p])
	case outside(rows, p):
		return ""
	}
	if len(i.Vocab) == len(rows[p]) {
		return cmp.Or(strings.Join(conv.Labels(rows[p], i.Vocab), ";"), "nothing")
	}
	return conv.FormatNumbers(rows[p])
}

// ConfusionMatrix counts how often each class, a row, was taken for each class, a column.
// What is beyond the vocabulary, such as targets that a loss ignores, is left out. It is nil where
// targets aren't classes.
func (i *Interpretation) ConfusionMatrix() [][]int {
	i = i.orEmpty()
	if i.Targets == nil {
		return nil
	}
	m := make([][]int, len(i.Vocab))
	for k := range m {
		m[k] = make([]int, len(i.Vocab))
	}
	for k, actual := range i.Targets {
		if said := i.Decoded[k]; min(actual, said) >= 0 && max(actual, said) < len(m) {
			m[actual][said]++
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
	i = i.orEmpty()
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

// outside tells whether there is no p-th element.
func outside[T any](all []T, p int) bool { return p < 0 || p >= len(all) }
