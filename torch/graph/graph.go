// Package graph holds a model's forward pass as a list of operations, in pure Go: what torch.Record writes down, what
// exported files keep beside the weights, and what torch.Replay runs.
//
// A [Graph] is in the order of execution. Values have numbers: first come the inputs, then the weights that are used, then
// each node's results. An operation in place gives its result a number of its own, though it is the tensor of the argument
// that it wrote to; whoever reads a graph as one without memory must heed that views of that tensor have changed, too.
package graph

import (
	"fmt"
	"strconv"
	"strings"
)

// Graph is a forward pass: what goes in, the operations, what comes out.
type Graph struct {
	Inputs  []Ref
	Weights map[string]Ref // parameters and buffers that are used, by their keys in the state_dict
	Values  []Value        // by number
	Nodes   []Node
	Outputs []Ref
}

// Ref is the number of a value; None where there is none, as among a list of optional tensors.
type Ref int

// None stands for an absent tensor.
const None Ref = -1

// Value says what a tensor is.
type Value struct {
	DType string `json:"dtype"` // PyTorch's name, without its "torch."
	Shape []Int  `json:"shape"`
	Range *Range `json:"range,omitempty"` // nil where nothing was measured
}

// Range is between which numbers a value's elements lay in the data that it was calibrated on.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Node is an operation.
type Node struct {
	Op      string         // its name in PyTorch's dispatcher, with its overload: "aten::add.Tensor"
	Module  string         // the part of the model that ran it: "layer1.0.conv1"
	Args    map[string]any // all of its schema's arguments by their names, see [Node.Arg]
	Results []Ref          // of a list, each element
	MACs    Int            // multiply-adds as PyTorch's flop_counter counts them, at two operations each
	Float   bool           // it stays in float32 where others compute in less
}

// The types of arguments that Go lacks. An argument is nil, a [Ref], [Int], float64, bool, complex128 or string, one of these
// types, or a slice of any; a Scalar is an Int, float64, bool or complex128, and a Layout PyTorch's number of it.
type (
	DType  string // "float32"
	Device string // "cpu", "cuda:0" or InputDevice
	Format string // of memory: "contiguous", "channels_last", "preserve", "channels_last_3d"
)

// InputDevice is the device of the first input, wherever a graph runs.
const InputDevice Device = "input"

// String lists the nodes, a line each.
func (g *Graph) String() string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	for _, n := range g.Nodes {
		b.WriteString(g.line(n) + "\n")
	}
	return b.String()
}

func (g *Graph) line(n Node) string {
	results := make([]string, len(n.Results))
	for i, r := range n.Results {
		if r == None {
			results[i] = "-"
			continue
		}
		results[i] = fmt.Sprintf("%%%d %v", r, g.Values[r])
	}
	return fmt.Sprintf("%s = %s in %s", strings.Join(results, ", "), n.Op, strconv.Quote(n.Module))
}

// String is "float32[N×3×224×224]".
func (v Value) String() string {
	sizes := make([]string, len(v.Shape))
	for i, s := range v.Shape {
		sizes[i] = s.String()
	}
	return v.DType + "[" + strings.Join(sizes, "×") + "]"
}
