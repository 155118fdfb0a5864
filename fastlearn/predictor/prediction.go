package predictor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
)

// Prediction is what a model says of one picture.
type Prediction struct {
	Label  string    `json:"label"`            // the most likely class, by its name; of several labels, those that are there, joined by ";"
	Index  int       `json:"index"`            // the class's place in the vocabulary; -1 where targets aren't classes
	Labels []string  `json:"labels,omitempty"` // of several labels, those that are there
	Probs  []float64 `json:"probs"`            // of each class, in the vocabulary's order; for numbers, the numbers
}

// NewPrediction names what a model says of one image: probs is its activated output, decoded to a class or, with a class of
// -1, to a row of numbers, of which there is one for each label of a vocabulary if they are labels.
func NewPrediction(probs []float64, class int, row []float64, vocab []string) Prediction {
	out := Prediction{Index: class, Probs: probs}
	switch {
	case class >= 0:
		out.Label = fmt.Sprint(class)
		if class < len(vocab) {
			out.Label = vocab[class]
		}
	case len(vocab) == len(row):
		out.Labels = conv.Labels(row, vocab)
		out.Label = strings.Join(out.Labels, ";")
	default:
		out.Label = strings.Trim(fmt.Sprint(row), "[]")
	}
	return out
}

// Top returns the places in Probs of the k largest, the largest first: fewer where there are fewer.
func (p Prediction) Top(k int) []int {
	order := make([]int, len(p.Probs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p.Probs[j], p.Probs[i]) })
	return order[:max(min(k, len(order)), 0)]
}
