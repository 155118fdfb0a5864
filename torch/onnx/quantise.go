package onnx

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// quantised is what becomes of a graph whose values were measured (plan.Calibrate): convolutions whose input and output were compute in
// bytes, which ONNX writes as a QuantizeLinear and a DequantizeLinear around each, with an int8 weight. The batch norm that follows one is folded in.
type quantised struct {
	instead map[int]func(*call)       // the nodes that are converted otherwise
	rounded map[graph.Ref]graph.Range // the values that are put into bytes, and from which numbers to which
	passed  map[graph.Ref]bool        // those that were in bytes before, under another number
	folded  map[graph.Ref]bool        // the weights that nothing but folded nodes uses
}

// quantise finds the convolutions, and makes their weights.
func (c *converter) quantise(state *pth.Dict) {
	c.quantised = quantised{map[int]func(*call){}, map[graph.Ref]graph.Range{}, map[graph.Ref]bool{}, map[graph.Ref]bool{}}
	users := map[graph.Ref][]int{}
	for i, n := range c.g.Nodes {
		for _, r := range n.Uses() {
			users[r] = append(users[r], i)
		}
	}
	next := func(r graph.Ref) (int, bool) { // the only node that uses a value
		alone := len(users[r]) == 1 && !slices.Contains(c.g.Outputs, r)
		if !alone {
			return 0, false
		}
		return users[r][0], true
	}
	f := floats{c.g, state, c.keys()}
	for i, n := range c.g.Nodes {
		input, ok := n.Args["input"].(graph.Ref)
		if n.Op != "aten::conv2d" || n.Float || !ok || len(n.Results) != 1 || c.g.Values[input].Range == nil {
			continue
		}
		l := f.layer(n)
		out := n.Results[0]
		norm, follows := next(out)
		follows = follows && f.fold(l, c.g.Nodes[norm])
		if follows {
			out = c.g.Nodes[norm].Results[0]
		}
		if l == nil || c.g.Values[out].Range == nil || !l.pack(*c.g.Values[input].Range) {
			continue
		}
		c.instead[i] = l.convert
		if follows {
			c.instead[norm] = passOn(n.Results[0])
		}
		c.rounded[input], c.rounded[out] = *c.g.Values[input].Range, *c.g.Values[out].Range
		if i, ok := next(out); ok && clips(c.g, c.g.Nodes[i]) {
			after := c.g.Nodes[i].Results[0]
			c.rounded[out], c.passed[after] = *c.g.Values[after].Range, true
			c.instead[i] = passOn(out)
		}
	}
	for r, at := range users {
		c.folded[r] = f.keys[r] != "" && !slices.Contains(c.g.Outputs, r) && !slices.ContainsFunc(at, func(i int) bool { return c.instead[i] == nil })
	}
}

// keys are the weights' by their numbers.
func (c *converter) keys() map[graph.Ref]string {
	keys := map[graph.Ref]string{}
	for key, r := range c.g.Weights {
		keys[r] = key
	}
	return keys
}

// passOn has a node that is folded give the value that it got.
func passOn(r graph.Ref) func(*call) {
	return func(k *call) {
		for name := range k.n.Args {
			k.skip(name)
		}
		k.give(k.value(r))
	}
}

// clips tells of an activation that does no more than the bytes of what was measured behind it, which end where it does.
func clips(g *graph.Graph, n graph.Node) bool {
	if len(n.Results) != 1 || g.Values[n.Results[0]].Range == nil {
		return false
	}
	r := g.Values[n.Results[0]].Range
	number := func(name string, none float64) float64 {
		switch v := n.Args[name].(type) {
		case graph.Int:
			return float64(v.Const)
		case float64:
			return v
		}
		return none
	}
	switch base, _ := opName(n.Op); base {
	case "relu":
		return r.Low >= 0
	case "relu6":
		return r.Low >= 0 && r.High > r.Low && r.High <= 6
	case "hardtanh":
		return r.High > r.Low && r.Low >= number("min_val", -1) && r.High <= number("max_val", 1)
	}
	return false
}

// round puts a value into bytes and back, if it is to be.
func (k *call) round(r graph.Ref) {
	of, ok := k.rounded[r]
	if !ok || k.passed[r] || k.names[r] == "" {
		return
	}
	scale, zero := of.Uint8()
	how := []string{k.constant("float32", nil, scale), k.constant("uint8", nil, float64(zero))}
	in := func(x string) []string { return append([]string{x}, how...) }
	k.names[r] = k.op("DequantizeLinear", in(k.op("QuantizeLinear", in(k.names[r]))))
}
