package data

import (
	"fmt"
	"slices"
	"strconv"
)

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
			return nil, fmt.Errorf("the label %q isn't a whole number, and the CategoryBlock is Numeric", l)
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
