package data

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
)

// MultiCategoryBlock is for pictures with any number of labels, put together with a
// delimiter (fastai's MultiCategoryBlock). A batch's targets are N×C float32, 1 where
// a picture has the label; the loss is [loss.BCEWithLogits].
type MultiCategoryBlock struct {
	Delim string   // between labels, a space if empty
	Vocab []string // the labels, in their order; nil for those of the training set, sorted
	AddNA bool     // label 0 is "#na#"

	// Encoded says that a picture's label is a 0 or 1 for each of Vocab: "0 1 0"
	// (fastai's encoded).
	Encoded bool
}

// Setup finds the labels, in their order.
func (b MultiCategoryBlock) Setup(train []string) (*Encoding, error) {
	delim := cmp.Or(b.Delim, " ")
	if b.Encoded {
		return b.encoded(delim)
	}
	split := func(label string) ([]string, error) { return splitLabels(label, delim) }
	classes, err := b.Vocab, error(nil)
	if b.Vocab == nil {
		classes, err = collect(train, split)
	}
	if err == nil {
		classes, err = uniqueSorted(classes, b.Vocab == nil, false)
	}
	if err != nil {
		return nil, err
	}
	vocab, err := newVocabulary(classes, b.Vocab != nil)
	if err == nil && b.AddNA {
		err = vocab.withNA()
	}
	if err == nil && len(vocab.classes) == 0 {
		err = errors.New("no picture of the training set has a label")
	}
	if err != nil {
		return nil, err
	}
	encode := func(label string) ([]float64, error) {
		row := make([]float64, len(vocab.classes))
		labels, err := split(label)
		for _, l := range labels {
			class, known := vocab.index[l]
			if !known {
				return nil, fmt.Errorf("of the labels %q, with %q between them: %w", label, delim, vocab.unknown(l))
			}
			row[class] = 1
		}
		return row, err
	}
	n := len(vocab.classes)
	return &Encoding{Vocab: vocab.classes, Outputs: n, Width: n, Loss: loss.BCEWithLogits{}, Encode: encode}, nil
}

// encoded is the encoding of labels that are encoded already.
func (b MultiCategoryBlock) encoded(delim string) (*Encoding, error) {
	n := len(b.Vocab)
	if n == 0 || b.AddNA {
		return nil, errors.New("a MultiCategoryBlock that is Encoded needs a Vocab, and no AddNA")
	}
	if _, err := newVocabulary(b.Vocab, true); err != nil {
		return nil, err
	}
	numbers, err := RegressionBlock{NOut: n, Delim: delim}.Setup(nil)
	if err != nil {
		return nil, err
	}
	return &Encoding{Vocab: slices.Clone(b.Vocab), Outputs: n, Width: n, Loss: loss.BCEWithLogits{}, Encode: numbers.Encode}, nil
}
