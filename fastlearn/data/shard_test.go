package data_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The parts of an epoch are those of fastai's DistributedDL.
func TestShardsEqualFastais(t *testing.T) {
	type length struct{ N, Size int }
	var lengths []length
	for _, n := range []int{1, 2, 3, 7, 8, 45} {
		for _, size := range []int{1, 2, 3, 4, 10} {
			lengths = append(lengths, length{n, size})
		}
	}
	var want [][][]int
	parity.Python(t, "shards.py", map[string]any{"lengths": lengths}, &want)
	for i, l := range lengths {
		order := make([]int, l.N)
		for k := range order {
			order[k] = k
		}
		seen := map[int]bool{}
		for rank := range l.Size {
			part, padding := data.ShardPart(rank, l.Size, l.N, order)
			if !slices.Equal(part, want[i][rank]) {
				t.Errorf("%d items, rank %d of %d: %v, want %v", l.N, rank, l.Size, part, want[i][rank])
			}
			for place, item := range part {
				if padded := padding[place+1] - padding[place]; padded != map[bool]int{seen[item]: 1}[true] {
					t.Errorf("%d items, rank %d of %d: place %d is padding: %d", l.N, rank, l.Size, place, padded)
				}
				seen[item] = true
			}
		}
	}
}
