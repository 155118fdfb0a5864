package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
)

// RegressionBlock is for labels that are numbers, one or several with a delimiter
// between them (fastai's RegressionBlock). A batch's targets are float32, N for one
// number and N×K for several; the loss is [loss.MSE].
type RegressionBlock struct {
	NOut  int    // how many; 0 for as many as the first label has
	Delim string // between numbers, a space if empty
}

// Setup finds out how many numbers a label has.
func (b RegressionBlock) Setup(train []string) (*Encoding, error) {
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
				return nil, fmt.Errorf("the label %q isn't a number", label)
			}
			row[i] = v
		}
		return row, nil
	}
	e := &Encoding{Outputs: n, Loss: loss.MSE{}, Encode: encode}
	if n > 1 {
		e.Width = n
	}
	return e, nil
}
