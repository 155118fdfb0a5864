package graph

// Key is where an exported file's metadata has its [Stored], as JSON.
const Key = "fastlearn.graph"

// Stored is what an exported file says of its model's forward pass: the graph, or why there is none.
type Stored struct {
	Graph   *Graph `json:"graph,omitempty"`
	Refused string `json:"refused,omitempty"`
}
