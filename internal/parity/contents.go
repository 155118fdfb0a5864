package parity

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// ContentsFile has what each architecture of vision/models holds in Python; the path is the root's.
const ContentsFile = "vision/models/testdata/contents.json"

// Contents are the keys, dtypes and shapes of an architecture in Python, as a hash, and the number of its parameters.
type Contents struct {
	Hash   string `json:"hash"`
	Params int64  `json:"params"`
}

// ReadContents reads those of all architectures, by their full names, from the repository at root.
func ReadContents(root string) (all map[string]Contents, err error) {
	text, err := os.ReadFile(filepath.Join(root, ContentsFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", ContentsFile, err)
	}
	return all, nil
}

// SmallestFirst returns the names of architectures by their parameters.
func SmallestFirst(all map[string]Contents) []string {
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(cmp.Compare(all[a].Params, all[b].Params), cmp.Compare(a, b)) })
}
