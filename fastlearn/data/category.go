package data

import (
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
)

// CategoryBlock is for labels of which each picture has one (fastai's CategoryBlock).
// A batch's targets are N classes, int64; the loss is [loss.CrossEntropy]. A single class is
// refused.
type CategoryBlock struct {
	Vocab   []string // the classes; nil for the labels of the training set
	AddNA   bool     // class 0 is "#na#": labels that are empty or not in the vocabulary
	Unsort  bool     // the classes stay in their order, given or first seen, and are not sorted
	Numeric bool     // labels are whole numbers and sorted as such: 2 before 10
}

// Setup finds the classes, in their order.
func (b CategoryBlock) Setup(train []string) (*Encoding, error) {
	classes, err := b.Vocab, error(nil)
	if b.Vocab == nil {
		classes, err = collect(train, func(l string) ([]string, error) {
			if isBlank(l) {
				return nil, nil
			}
			return []string{l}, nil
		})
	}
	if err == nil {
		classes, err = uniqueSorted(classes, !b.Unsort, b.Numeric)
	}
	if err != nil {
		return nil, err
	}
	vocab, err := newVocabulary(classes, b.Vocab != nil)
	if err == nil && b.AddNA {
		err = vocab.withNA()
	}
	switch {
	case err != nil:
		return nil, err
	case len(vocab.classes) == 0 && vocab.given:
		return nil, errors.New("the given Vocab is empty: there are no labels to tell apart")
	case len(vocab.classes) == 0:
		return nil, errors.New("there are no labels to tell apart: all are empty")
	case len(vocab.classes) == 1 && vocab.given:
		return nil, fmt.Errorf("the given Vocab has one class, %q: there is nothing to tell apart", vocab.classes[0])
	case len(vocab.classes) == 1:
		return nil, fmt.Errorf("all %d pictures of the training set have one label, %q: there is nothing to tell apart", len(train), vocab.classes)
	}
	encode := func(label string) ([]float64, error) {
		class, known := vocab.index[label]
		if _, alike := vocab.looks[folded(label)]; !known && (!b.AddNA || alike) {
			return nil, vocab.unknown(label)
		}
		return []float64{float64(class)}, nil
	}
	return &Encoding{Vocab: vocab.classes, Outputs: len(vocab.classes), Class: true, Loss: loss.CrossEntropy{}, Encode: encode}, nil
}
