package parity

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Sorted ranges over a map in the order of its keys, so that a test's cases run in the same order each time.
func Sorted[K cmp.Ordered, V any](m map[K]V) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
