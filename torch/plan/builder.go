package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// builder rewrites a graph.
type builder struct {
	outputs   []graph.Ref
	precision Precision
	old       *graph.Graph
	batch     int64        // that weights are laid out for
	own       *torch.Scope // of all that is computed
	values    []graph.Value
	keys      map[graph.Ref]string     // of weights
	weights   map[string]*torch.Tensor // those of keys
	uses      map[graph.Ref]int        // how often a value is used, outputs included

	varying []*layouts // of weights that have several

	nodes []*node // in the order of execution; nil: absorbed
	maker map[graph.Ref]*node

	rounded map[graph.Ref]*graph.Range // values that are rounded to bytes
	laid    map[graph.Ref]graph.Ref    // inputs, channels last
}

// node is an operation of the new graph.
type node struct {
	graph.Node
	layer *layer // nil: it runs as it was recorded
}

func newBuilder(g *graph.Graph, weights map[string]*torch.Tensor, batch int64, precision Precision) *builder {
	b := &builder{old: g, outputs: slices.Clone(g.Outputs), batch: batch, precision: precision, rounded: map[graph.Ref]*graph.Range{}, laid: map[graph.Ref]graph.Ref{}, own: torch.NewScope(), values: slices.Clone(g.Values),
		keys: map[graph.Ref]string{}, weights: map[string]*torch.Tensor{}, uses: map[graph.Ref]int{}, maker: map[graph.Ref]*node{}}
	for key, r := range g.Weights {
		b.keys[r], b.weights[key] = key, weights[key].In(b.own)
		if !b.fake() {
			b.weights[key] = b.weights[key].Detach()
		}
	}
	for _, r := range g.Outputs {
		b.uses[r]++
	}
	for _, n := range g.Nodes {
		for _, r := range n.Uses() {
			b.uses[r]++
		}
	}
	return b
}

// fake tells whether what would compute in bytes is rounded in float32, and all has gradients.
func (b *builder) fake() bool { return b.precision == fakeInt8 }

func (b *builder) build() {
	nodes, ok := b.outOfPlace(b.old.Nodes)
	for _, n := range nodes {
		each := &node{Node: n}
		each.Args = maps.Clone(n.Args)
		if !ok || !b.absorb(each) {
			b.add(each)
		}
	}
	b.nodes = slices.DeleteFunc(b.nodes, func(n *node) bool { return n == nil })
	if ok {
		b.channelsLast()
	}
	switch {
	case ok && b.precision == BFloat16:
		b.convert()
	case ok && (b.precision == Int8 || b.fake()):
		b.quantise()
	}
	if b.fake() {
		b.unfuse()
		return
	}
	for i, n := range b.nodes {
		if n.layer != nil {
			b.emit(i, n)
		}
	}
}

// absorb has the first rule that fits take an operation.
func (b *builder) absorb(n *node) bool {
	rule := rules[n.Op]
	return rule != nil && rule(b, n)
}

func (b *builder) add(n *node) {
	b.nodes = append(b.nodes, n)
	for _, r := range n.Results {
		b.maker[r] = n
	}
}

// move has n run last of all so far, and return what m returns.
func (b *builder) move(n *node, m *node) {
	b.nodes[slices.Index(b.nodes, n)] = nil
	n.Results = m.Results
	b.add(n)
}

// rename has n return what m returns, at n's place.
func (b *builder) rename(n *node, m *node) {
	n.Results = m.Results
	b.maker[n.Results[0]] = n
}

// outOfPlace replaces operations in place by those that return a new tensor, where nobody sees the difference: what they write to
// was made for them alone. ok is false where one is left.
func (b *builder) outOfPlace(nodes []graph.Node) (_ []graph.Node, ok bool) {
	nodes = slices.Clone(nodes)
	alone := map[graph.Ref]bool{} // the values that nobody else has
	ok = true
	for i, n := range nodes {
		base, overload, _ := strings.Cut(n.Op, ".")
		if plain, inPlace := strings.CutSuffix(base, "_"); inPlace {
			self, _ := n.Args["self"].(graph.Ref)
			if alone[self] {
				if overload != "" {
					plain += "." + overload
				}
				nodes[i].Op = plain
			} else {
				ok = false
			}
		}
		self, _ := n.Args["self"].(graph.Ref)
		for _, r := range n.Results {
			alone[r] = b.uses[r] == 1 && (isFresh[nodes[i].Op] || isView[n.Op] && alone[self])
		}
	}
	return nodes, ok
}

// channelsLast lays inputs out so that convolutions need no other layout.
func (b *builder) channelsLast() {
	for _, r := range b.old.Inputs {
		if len(b.values[r].Shape) != 4 || !slices.ContainsFunc(b.nodes, func(n *node) bool { return n.layer != nil && n.layer.kind == conv && n.layer.input == r }) {
			continue
		}
		laid := b.value(b.values[r])
		b.replace(r, laid)
		b.laid[r] = laid
		b.nodes = slices.Insert(b.nodes, 0, &node{Node: graph.Node{Op: "aten::contiguous", Results: []graph.Ref{laid},
			Args: map[string]any{"self": r, "memory_format": graph.Format("channels_last")}}})
	}
}

// value adds a value.
func (b *builder) value(v graph.Value) graph.Ref {
	b.values = append(b.values, v)
	return graph.Ref(len(b.values) - 1)
}

// weight adds a weight.
func (b *builder) weight(t *torch.Tensor) graph.Ref {
	var shape []graph.Int
	for _, n := range t.Shape() {
		shape = append(shape, graph.Int{Const: n})
	}
	r := b.value(graph.Value{DType: t.DType().String(), Shape: shape})
	b.keys[r] = fmt.Sprintf("plan.%d", r)
	b.weights[b.keys[r]] = t.MoveTo(b.own)
	return r
}

// tensor is the weight at a place, nil for none.
func (b *builder) tensor(arg any) *torch.Tensor {
	r, ok := arg.(graph.Ref)
	if !ok {
		return nil
	}
	return b.weights[b.keys[r]]
}

// graph is what was built, and forgets the weights that it doesn't use.
func (b *builder) graph() *graph.Graph {
	g := &graph.Graph{Inputs: b.old.Inputs, Outputs: b.outputs, Values: b.values, Weights: map[string]graph.Ref{}}
	used := map[graph.Ref]bool{}
	for _, r := range g.Outputs {
		used[r] = true
	}
	for _, n := range b.nodes {
		g.Nodes = append(g.Nodes, n.Node)
		for _, r := range n.Uses() {
			used[r] = true
		}
	}
	for r, key := range b.keys {
		if used[r] {
			g.Weights[key] = r
		} else {
			delete(b.weights, key)
		}
	}
	return g
}
