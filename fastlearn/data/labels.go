package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// badLabel is what is wrong with the label of an item, by its place among those that a [TransformBlock] was given.
type badLabel struct {
	item int
	err  error
}

func (b *badLabel) Error() string { return b.err.Error() }
func (b *badLabel) Unwrap() error { return b.err }

// isSpace tells of what can't be seen at the ends of a label: blanks of all kinds, and what has no width.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff'
}

// isBlank tells of a label in which there is nothing to see.
func isBlank(label string) bool { return strings.TrimFunc(label, isSpace) == "" }

// folded is a label with one blank for each run of them and none at its ends, so that labels which look alike are equal.
func folded(label string) string { return strings.Join(strings.FieldsFunc(label, isSpace), " ") }

// splitLabels are the labels of an item, put together with a delimiter: none of the empty text.
func splitLabels(label, delim string) ([]string, error) {
	if label == "" {
		return nil, nil
	}
	parts := strings.Split(label, delim)
	for _, p := range parts {
		if isBlank(p) {
			return nil, fmt.Errorf("the labels %q have an empty one: the delimiter %q stands at an end, or twice in a row", label, delim)
		}
	}
	return parts, nil
}

// vocabulary is what the labels of a block may be.
type vocabulary struct {
	classes []string
	given   bool // by the block's Vocab, else the training set's
	index   map[string]int
	looks   map[string]string // the class that looks like a label: by [folded]
}

// newVocabulary checks classes that are each there once.
func newVocabulary(classes []string, given bool) (*vocabulary, error) {
	v := &vocabulary{classes: classes, given: given, index: make(map[string]int, len(classes)), looks: make(map[string]string, len(classes))}
	for i, c := range classes {
		if isBlank(c) {
			return nil, fmt.Errorf("%s has the class %q, in which there is nothing to see", v.name(), c)
		}
		if other, there := v.looks[folded(c)]; there {
			return nil, fmt.Errorf("the classes %q and %q of %s differ by blanks alone: make them one", other, c, v.name())
		}
		v.index[c], v.looks[folded(c)] = i, c
	}
	return v, nil
}

func (v *vocabulary) name() string {
	if v.given {
		return "the given Vocab"
	}
	return "the training set"
}

// withNA puts "#na#" first.
func (v *vocabulary) withNA() error {
	if _, there := v.index["#na#"]; there {
		return fmt.Errorf("%s has the class \"#na#\", which AddNA adds", v.name())
	}
	v.classes = slices.Concat([]string{"#na#"}, v.classes)
	v.index = indexOf(v.classes)
	return nil
}

// unknown tells why a label has no class.
func (v *vocabulary) unknown(label string) error {
	if isBlank(label) {
		return errors.New("it has no label: CategoryBlock's AddNA allows that")
	}
	if like, ok := v.looks[folded(label)]; ok {
		return fmt.Errorf("the label %q differs from the class %q by blanks alone: make them one", label, like)
	}
	for _, c := range v.classes {
		if strings.EqualFold(folded(c), folded(label)) {
			return fmt.Errorf("the label %q is not in %s, which has %q", label, v.name(), c)
		}
	}
	if v.given {
		return fmt.Errorf("the label %q is not in the given Vocab %s: add it, or leave such items out", label, someOf(v.classes))
	}
	return fmt.Errorf("the label %q is not in the vocabulary, which comes from the training set: split so that it has every label, or give the block a Vocab", label)
}

// someOf lists the first classes.
func someOf(classes []string) string {
	const most = 10
	if len(classes) <= most {
		return fmt.Sprintf("%q", classes)
	}
	return fmt.Sprintf("%q and %d more", classes[:most], len(classes)-most)
}

// collect lists the labels of all items once, as they come; split are those of one item. Two that differ by blanks alone are an
// error, which knows the item.
func collect(items []string, split func(string) ([]string, error)) (classes []string, err error) {
	seen, looks := map[string]bool{}, map[string]string{}
	for i, item := range items {
		labels, err := split(item)
		if err != nil {
			return nil, &badLabel{i, err}
		}
		for _, l := range labels {
			if seen[l] {
				continue
			}
			if other, there := looks[folded(l)]; there {
				return nil, &badLabel{i, fmt.Errorf("the label %q differs from %q, of an item before, by blanks alone: make them one", l, other)}
			}
			seen[l], looks[folded(l)] = true, l
			classes = append(classes, l)
		}
	}
	return classes, nil
}
