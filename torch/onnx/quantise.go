package onnx

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// quantised is what becomes of a graph whose values were measured (plan.Calibrate): convolutions whose input and output were compute in
// bytes, which ONNX writes as a QuantizeLinear and a DequantizeLinear around each, with an int8 weight. The batch norm that follows one is folded in.
// Linear layers of several vectors have them at their input.
type quantised struct {
	instead map[int]func(*call)       // the nodes that are converted otherwise
	rounded map[graph.Ref]graph.Range // the values that are put into bytes, and from which numbers to which
	passed  map[graph.Ref]bool        // those that were in bytes before, under another number
	folded  map[graph.Ref]bool        // the weights that nothing but folded nodes uses

	beside map[graph.Ref]bool   // of rounded, those that are there in float32, too
	takes  map[int]bool         // the nodes that take these rounded
	bytes  map[graph.Ref]string // their names then
}

// quantise finds the layers, and makes their weights.
func (c *converter) quantise(state *pth.Dict) {
	c.quantised = quantised{map[int]func(*call){}, map[graph.Ref]graph.Range{}, map[graph.Ref]bool{}, map[graph.Ref]bool{},
		map[graph.Ref]bool{}, map[int]bool{}, map[graph.Ref]string{}}
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
	f, kept := floats{c.g, state, c.keys()}, map[graph.Ref]bool{} // the weights that stay as they are
	for i, n := range c.g.Nodes {
		input, ok := n.Args["input"].(graph.Ref)
		if n.Float || !ok || len(n.Results) != 1 || c.g.Values[input].Range == nil {
			continue
		}
		if n.Op == "aten::linear" && len(c.g.Values[input].Shape) > 2 {
			if l := f.layer(n, 2); l != nil && l.pack(*c.g.Values[input].Range) {
				c.instead[i] = l.multiply
				c.take(i, input)
				if bias, ok := n.Args["bias"].(graph.Ref); ok {
					kept[bias] = true
				}
			}
			continue
		}
		if n.Op != "aten::conv2d" {
			continue
		}
		l := f.conv(n)
		out := n.Results[0]
		norm, follows := next(out)
		follows = follows && f.fold(l, c.g.Nodes[norm])
		if follows {
			out = c.g.Nodes[norm].Results[0]
		}
		if l == nil || c.g.Values[out].Range == nil || !l.pack(*c.g.Values[input].Range) {
			continue
		}
		c.instead[i] = l.convolve
		if follows {
			c.instead[norm] = passOn(n.Results[0])
		}
		c.take(i, input)
		c.rounded[out] = *c.g.Values[out].Range
		if i, ok := next(out); ok && clips(c.g, c.g.Nodes[i]) {
			after := c.g.Nodes[i].Results[0]
			c.rounded[out], c.passed[after] = *c.g.Values[after].Range, true
			c.instead[i] = passOn(out)
		}
	}
	for i, n := range c.g.Nodes {
		if base, _ := opName(n.Op); base == "add" {
			c.takes[i] = slices.ContainsFunc(n.Uses(), func(r graph.Ref) bool { return c.inBytes(r) && len(users[r]) == 1 })
		}
	}
	for r, at := range users {
		c.folded[r] = f.keys[r] != "" && !kept[r] && !slices.Contains(c.g.Outputs, r) && !slices.ContainsFunc(at, func(i int) bool { return c.instead[i] == nil })
	}
}

// take has the node at i take a value in bytes.
func (c *converter) take(i int, r graph.Ref) {
	c.beside[r] = c.beside[r] || !c.inBytes(r)
	c.rounded[r], c.takes[i] = *c.g.Values[r].Range, true
}

// inBytes tells of what a convolution makes, and the activation that is a part of it.
func (c *converter) inBytes(r graph.Ref) bool {
	_, rounded := c.rounded[r]
	return c.passed[r] || rounded && !c.beside[r]
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

// round puts a value into bytes and back, if it is to be. One that is there in float32, too, is so for the nodes that take bytes alone: layers, and the
// sums of what convolutions make.
func (k *call) round(r graph.Ref) {
	of, ok := k.rounded[r]
	if !ok || k.passed[r] || k.names[r] == "" {
		return
	}
	scale, zero := of.Uint8()
	how := []string{k.constant("float32", nil, scale), k.constant("uint8", nil, float64(zero))}
	in := func(x string) []string { return append([]string{x}, how...) }
	back := k.op("DequantizeLinear", in(k.op("QuantizeLinear", in(k.names[r]))))
	if k.beside[r] {
		k.bytes[r] = back
	} else {
		k.names[r] = back
	}
}
