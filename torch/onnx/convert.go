package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// converter makes a model of a graph, node by node.
type converter struct {
	g     *graph.Graph
	m     *model
	names []string       // of the values, as the model calls them now; "" for a result that no converter makes
	taken map[string]int // names that are given, and how often each was asked for
	known map[string]string
	batch string // the batch's size, a tensor of one element, once it is asked for

	// ONNX has no memory that two values share, and PyTorch's in-place operations write to it: each value belongs to the
	// memory of one, memory, and is one tensor with others that in-place operations made of it, tensor.
	memory, tensor []graph.Ref
	lastUse        []int

	quantised
}

func newConverter(g *graph.Graph) *converter {
	n := len(g.Values)
	c := &converter{g: g, m: &model{}, names: make([]string, n), taken: map[string]int{}, known: map[string]string{},
		memory: make([]graph.Ref, n), tensor: make([]graph.Ref, n), lastUse: make([]int, n)}
	for i := range n {
		c.memory[i], c.tensor[i] = graph.Ref(i), graph.Ref(i)
	}
	for i, node := range g.Nodes {
		for _, a := range node.Args {
			for _, r := range graph.Refs(a) {
				c.lastUse[r] = i
			}
		}
	}
	for _, r := range g.Outputs {
		c.lastUse[r] = len(g.Nodes)
	}
	for i, r := range g.Inputs {
		c.names[r] = c.unique(numbered("input", i, len(g.Inputs)))
		c.m.inputs = append(c.m.inputs, valueInfo(11, c.names[r], g.Values[r])...)
	}
	for i := range g.Outputs {
		c.unique(numbered("output", i, len(g.Outputs)))
	}
	c.unique(probabilities)
	return c
}

const probabilities = "probabilities"

func numbered(name string, i, of int) string {
	if of == 1 {
		return name
	}
	return fmt.Sprint(name, i)
}

// unique is a name that nothing else has.
func (c *converter) unique(name string) string {
	name = text(name)
	for {
		n := c.taken[name]
		c.taken[name]++
		if n == 0 {
			return name
		}
		name = fmt.Sprintf("%s_%d", name, n)
	}
}

// weights adds the weights that the graph names.
func (c *converter) weights(state *pth.Dict) error {
	keys := make([]string, 0, len(c.g.Weights))
	for key := range c.g.Weights {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		r := c.g.Weights[key]
		t, ok := pth.Get[*pth.Tensor](state, key)
		if !ok {
			return fmt.Errorf("onnx: the weight %s is missing", key)
		}
		want := c.g.Values[r]
		dims, fixed := constants(want.Shape)
		if !fixed || t.DType.String() != want.DType || !slices.Equal(dims, t.Shape) {
			return fmt.Errorf("onnx: the weight %s is %v%v, and the graph is of %v", key, t.DType, t.Shape, want)
		}
		if _, ok := types[want.DType]; !ok {
			return fmt.Errorf("onnx: the weight %s is %s, which ONNX doesn't compute with", key, want.DType)
		}
		if err := t.Check(); err != nil {
			return fmt.Errorf("onnx: the weight %s: %w", key, err)
		}
		if c.folded[r] {
			continue
		}
		c.names[r] = c.unique(key)
		c.m.tensors = append(c.m.tensors, newTensor(c.names[r], want.DType, dims, t, nil))
	}
	return nil
}

// node converts a node.
func (c *converter) node(i int) (err error) {
	k := &call{converter: c, n: c.g.Nodes[i], i: i, read: map[string]bool{}}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			err = &Unsupported{k.n.Op, k.n.Module, string(r)}
		case error: // a graph that nobody recorded: a size or an argument that can't be
			err = &Unsupported{k.n.Op, k.n.Module, "its arguments don't fit together: " + r.Error()}
		default:
			panic(r)
		}
	}()
	base, inPlace := opName(k.n.Op)
	convert, ok := operations[base]
	if !ok {
		return &Unsupported{k.n.Op, k.n.Module, "there is no converter for this operation: use others, or run the model by its exported file"}
	}
	for _, r := range k.n.Results {
		if r != graph.None {
			k.needs(c.g.Values[r].DType)
		}
	}
	if instead := c.instead[i]; instead != nil {
		convert = instead
	}
	convert(k)
	for _, r := range k.n.Results {
		k.round(r)
	}
	for name, a := range k.n.Args {
		if !k.read[name] && a != nil && !ignored[name] {
			k.refuse("its argument %s, %v, has no counterpart", name, a)
		}
	}
	self, ofTensor := k.n.Args["self"].(graph.Ref)
	if ofTensor && (inPlace || views[base]) {
		for _, r := range k.n.Results {
			c.memory[r] = c.memory[self]
		}
	}
	if inPlace && ofTensor && len(k.n.Results) > 0 {
		k.written(self, k.n.Results[0])
	}
	return nil
}

// opName is an operation's name without "aten::", its overload and the mark of an operation in place.
func opName(op string) (base string, inPlace bool) {
	base, _, _ = strings.Cut(strings.TrimPrefix(op, "aten::"), ".")
	return strings.CutSuffix(base, "_")
}

// constants are the sizes, if none depends on the batch.
func constants(sizes []graph.Int) (all []int64, fixed bool) {
	all = make([]int64, len(sizes))
	for i, s := range sizes {
		if s.Batch != 0 {
			return nil, false
		}
		all[i] = s.Const
	}
	return all, true
}
