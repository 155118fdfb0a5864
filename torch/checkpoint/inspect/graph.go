package inspect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// forwardPass says what an exported file holds of its model's forward pass, "" for a file that isn't one.
func forwardPass(metadata map[string]string) string {
	text, ok := metadata[graph.Key]
	if !ok {
		return ""
	}
	var pass graph.Stored
	switch err := json.Unmarshal([]byte(text), &pass); {
	case err != nil:
		return "can't be read: " + err.Error()
	case pass.Graph == nil:
		return "no graph: " + pass.Refused
	}
	g := pass.Graph
	count := map[string]int{}
	for _, n := range g.Nodes {
		count[strings.TrimPrefix(n.Op, "aten::")]++
	}
	ops := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	for i, op := range ops {
		ops[i] = fmt.Sprintf("%d %s", count[op], op)
	}
	return fmt.Sprintf("a graph of %s to %s, %d operations: %s", values(g, g.Inputs), values(g, g.Outputs), len(g.Nodes), strings.Join(ops, ", "))
}

func values(g *graph.Graph, refs []graph.Ref) string {
	all := make([]string, len(refs))
	for i, r := range refs {
		all[i] = g.Values[r].String()
	}
	return strings.Join(all, ", ")
}
