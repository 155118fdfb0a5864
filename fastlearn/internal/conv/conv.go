// Package conv turns tensors into Go's values, and values into text.
package conv

import (
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Indices makes a tensor of whole numbers in a scope.
func Indices(s *torch.Scope, values []int) *torch.Tensor {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return torch.FromSlice(s, wide, int64(len(wide)))
}

// Ints returns a tensor's whole numbers.
func Ints(t *torch.Tensor) []int {
	values := torch.ToSlice[int64](t.To(torch.Int64))
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}

// Rows returns the numbers of each of n items.
func Rows(t *torch.Tensor, n int64) [][]float64 {
	flat := torch.ToSlice[float64](t.To(torch.Float64))
	out := make([][]float64, n)
	for i := range out {
		width := len(flat) / int(n)
		out[i] = flat[i*width : (i+1)*width : (i+1)*width]
	}
	return out
}

// At returns the elements at the given places, or nil if all is nil.
func At[T any](all []T, items []int) []T {
	if all == nil {
		return nil
	}
	out := make([]T, len(items))
	for i, item := range items {
		out[i] = all[item]
	}
	return out
}

// Labels returns those labels of a vocabulary that a row says are there.
func Labels(row []float64, vocab []string) (labels []string) {
	for i, there := range row {
		if there != 0 {
			labels = append(labels, vocab[i])
		}
	}
	return labels
}

// FormatNumbers writes a target of numbers for people.
func FormatNumbers(row []float64) string {
	var words []string
	for _, v := range row {
		words = append(words, fmt.Sprintf("%.4g", v))
	}
	return strings.Join(words, ", ")
}

// NotFinite returns the first number of a row that isn't finite.
func NotFinite(row []float64) (v float64, found bool) {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return v, true
		}
	}
	return 0, false
}
