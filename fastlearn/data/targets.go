package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/vision"
)

// ImageBlock says how a data block's pictures are decoded; the zero value gives RGB as
// fastai's ImageBlock does, Gray its ImageBlock(cls=PILImageBW).
type ImageBlock = vision.Decoder

// TargetBlock says what labels are: a [CategoryBlock], [MultiCategoryBlock] or [RegressionBlock].
type TargetBlock interface {
	// setup finds out from the labels of the training set how to encode labels.
	setup(train []string) (*encoding, error)
}

// encoding turns labels into targets.
type encoding struct {
	vocab  []string
	c      int  // outputs that a model needs
	class  bool // a target is one class, else width numbers; no width is a single number
	width  int
	loss   loss.Loss
	encode func(label string) ([]float64, error)
}

// CategoryBlock is for labels of which each picture has one (fastai's CategoryBlock).
// A batch's targets are N classes, int64; the loss is [loss.CrossEntropy]. A single class is
// refused.
type CategoryBlock struct {
	Vocab   []string // the classes; nil for the labels of the training set
	AddNA   bool     // class 0 is "#na#": labels that are empty or not in the vocabulary
	Unsort  bool     // the classes stay in their order, given or first seen, and are not sorted
	Numeric bool     // labels are whole numbers and sorted as such: 2 before 10
}

func (b CategoryBlock) setup(train []string) (*encoding, error) {
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
	return &encoding{vocab: vocab.classes, c: len(vocab.classes), class: true, loss: loss.CrossEntropy{}, encode: encode}, nil
}

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

func (b MultiCategoryBlock) setup(train []string) (*encoding, error) {
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
	return &encoding{vocab: vocab.classes, c: n, width: n, loss: loss.BCEWithLogits{}, encode: encode}, nil
}

// encoded is the encoding of labels that are encoded already.
func (b MultiCategoryBlock) encoded(delim string) (*encoding, error) {
	n := len(b.Vocab)
	if n == 0 || b.AddNA {
		return nil, errors.New("a MultiCategoryBlock that is Encoded needs a Vocab, and no AddNA")
	}
	if _, err := newVocabulary(b.Vocab, true); err != nil {
		return nil, err
	}
	numbers, err := RegressionBlock{NOut: n, Delim: delim}.setup(nil)
	if err != nil {
		return nil, err
	}
	return &encoding{vocab: slices.Clone(b.Vocab), c: n, width: n, loss: loss.BCEWithLogits{}, encode: numbers.encode}, nil
}

// RegressionBlock is for labels that are numbers, one or several with a delimiter
// between them (fastai's RegressionBlock). A batch's targets are float32, N for one
// number and N×K for several; the loss is [loss.MSE].
type RegressionBlock struct {
	NOut  int    // how many; 0 for as many as the first label has
	Delim string // between numbers, a space if empty
}

func (b RegressionBlock) setup(train []string) (*encoding, error) {
	delim := cmp.Or(b.Delim, " ")
	n := b.NOut
	if n == 0 && len(train) > 0 {
		n = strings.Count(train[0], delim) + 1
	}
	encode := func(label string) ([]float64, error) {
		if isBlank(label) {
			return nil, errors.New("it has no label: want numbers")
		}
		parts, err := splitLabels(label, delim)
		if err != nil {
			return nil, err
		}
		if len(parts) != n {
			return nil, fmt.Errorf("the label %q has %d numbers with %q between them, want %d", label, len(parts), delim, n)
		}
		row := make([]float64, n)
		for i, p := range parts {
			v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("the label %q is no number", label)
			}
			row[i] = v
		}
		return row, nil
	}
	e := &encoding{c: n, loss: loss.MSE{}, encode: encode}
	if n > 1 {
		e.width = n
	}
	return e, nil
}

// uniqueSorted leaves each label once, at its first place or sorted.
func uniqueSorted(labels []string, sorted, numeric bool) ([]string, error) {
	seen := map[string]bool{}
	var vocab []string
	for _, l := range labels {
		if !seen[l] {
			seen[l] = true
			vocab = append(vocab, l)
		}
	}
	if !sorted {
		return vocab, nil
	}
	if !numeric {
		slices.Sort(vocab)
		return vocab, nil
	}
	number := map[string]int{}
	for _, l := range vocab {
		n, err := strconv.Atoi(l)
		if err != nil {
			return nil, fmt.Errorf("the label %q is no whole number, and the CategoryBlock is Numeric", l)
		}
		number[l] = n
	}
	slices.SortFunc(vocab, func(a, b string) int { return number[a] - number[b] })
	return vocab, nil
}

func indexOf(vocab []string) map[string]int {
	index := make(map[string]int, len(vocab))
	for i, l := range vocab {
		index[l] = i
	}
	return index
}
