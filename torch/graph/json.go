package graph

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Version is the version of the form that [Graph.MarshalJSON] writes; others are refused.
const Version = 1

type file struct {
	Version int            `json:"version"`
	Inputs  []Ref          `json:"inputs"`
	Weights map[string]Ref `json:"weights"`
	Values  []Value        `json:"values"`
	Nodes   []node         `json:"nodes"`
	Outputs []Ref          `json:"outputs"`
}

type node struct {
	Op      string         `json:"op"`
	Module  string         `json:"module"`
	Args    map[string]arg `json:"args"`
	Results []Ref          `json:"results"`
	MACs    Int            `json:"macs"`
	Float   bool           `json:"float,omitempty"`
}

// MarshalJSON writes the graph; docs/predicting.md describes the form.
func (g *Graph) MarshalJSON() ([]byte, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	f := file{Version, g.Inputs, g.Weights, g.Values, make([]node, len(g.Nodes)), g.Outputs}
	for i, n := range g.Nodes {
		f.Nodes[i] = node{n.Op, n.Module, make(map[string]arg, len(n.Args)), n.Results, n.MACs, n.Float}
		for name, v := range n.Args {
			f.Nodes[i].Args[name] = arg{v}
		}
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what [Graph.MarshalJSON] wrote, and refuses a graph whose values aren't made before they are used.
func (g *Graph) UnmarshalJSON(text []byte) error {
	if g == nil {
		return errors.New("graph: UnmarshalJSON of a nil graph")
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	if f.Version != Version {
		return fmt.Errorf("graph: its version is %d, and this program knows %d", f.Version, Version)
	}
	read := Graph{f.Inputs, f.Weights, f.Values, make([]Node, len(f.Nodes)), f.Outputs}
	for i, n := range f.Nodes {
		read.Nodes[i] = Node{n.Op, n.Module, make(map[string]any, len(n.Args)), n.Results, n.MACs, n.Float}
		for name, a := range n.Args {
			read.Nodes[i].Args[name] = a.value
		}
	}
	if err := read.Check(); err != nil {
		return err
	}
	*g = read
	return nil
}
