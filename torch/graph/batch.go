package graph

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// AnyBatch makes one graph of two that were recorded with batches of n and m: each whole number that differs becomes the
// [Int] through both. What differs otherwise, such as the list of operations, is an error that names the place.
func AnyBatch(a, b *Graph, n, m int64) (*Graph, error) {
	if a == nil || b == nil || n == m {
		return nil, fmt.Errorf("graph: AnyBatch needs two graphs, of batches of two sizes, got %d and %d", n, m)
	}
	u := unifier{n: n, m: m}
	for i := range min(len(a.Nodes), len(b.Nodes)) {
		x, y := a.Nodes[i], b.Nodes[i]
		if x.Op != y.Op || x.Module != y.Module {
			return nil, u.differs(i, "the operation", x.Op+" in "+strconv.Quote(x.Module), y.Op+" in "+strconv.Quote(y.Module))
		}
	}
	if len(a.Nodes) != len(b.Nodes) {
		return nil, u.differs(min(len(a.Nodes), len(b.Nodes)), "the number of operations", len(a.Nodes), len(b.Nodes))
	}
	if !reflect.DeepEqual(a.Inputs, b.Inputs) || !maps.Equal(a.Weights, b.Weights) || !slices.Equal(a.Outputs, b.Outputs) || len(a.Values) != len(b.Values) {
		return nil, u.differs(len(a.Nodes), "the inputs, weights or outputs", a.Outputs, b.Outputs)
	}
	out := &Graph{Inputs: a.Inputs, Weights: a.Weights, Outputs: a.Outputs}
	for i, x := range a.Nodes {
		y := b.Nodes[i]
		node := Node{Op: x.Op, Module: x.Module, Args: map[string]any{}, Results: x.Results}
		var err error
		if node.MACs, err = u.int(x.MACs, y.MACs); err != nil {
			return nil, u.differs(i, x.Op+"'s multiply-adds", x.MACs, y.MACs)
		}
		for name, v := range x.Args {
			w := y.Args[name]
			if node.Args[name], err = u.arg(v, w); err != nil {
				return nil, u.differs(i, fmt.Sprintf("argument %s of %s in %s", name, x.Op, strconv.Quote(x.Module)), v, w)
			}
		}
		if !slices.Equal(x.Results, y.Results) {
			return nil, u.differs(i, "the results of "+x.Op, x.Results, y.Results)
		}
		out.Nodes = append(out.Nodes, node)
	}
	for i, x := range a.Values {
		y := b.Values[i]
		shape, err := u.arg(x.Shape, y.Shape)
		if err != nil || x.DType != y.DType {
			return nil, u.differs(out.maker(Ref(i)), "the value "+strconv.Itoa(i), x, y)
		}
		out.Values = append(out.Values, Value{DType: x.DType, Shape: shape.([]Int)})
	}
	return out, nil
}

// maker is the node that makes a value.
func (g *Graph) maker(r Ref) int {
	return max(0, slices.IndexFunc(g.Nodes, func(n Node) bool { return slices.Contains(n.Results, r) }))
}

type unifier struct{ n, m int64 }

func (u unifier) differs(i int, what string, a, b any) error {
	return fmt.Errorf("operation %d: %s depends on the batch's size otherwise than a graph can hold: %v in a batch of %d, %v in one of %d", i, what, a, u.n, b, u.m)
}

func (u unifier) arg(v, w any) (any, error) {
	switch v := v.(type) {
	case Int:
		if w, ok := w.(Int); ok {
			return u.int(v, w)
		}
	case []Int:
		if w, ok := w.([]Int); ok && len(v) == len(w) {
			all := make([]Int, len(v))
			for i := range v {
				var err error
				if all[i], err = u.int(v[i], w[i]); err != nil {
					return nil, err
				}
			}
			return all, nil
		}
	case float64: // NaN, too, is the same twice
		if w, ok := w.(float64); ok && (v == w || v != v && w != w) {
			return v, nil
		}
	default:
		if reflect.DeepEqual(v, w) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%v, %v", v, w)
}

// int is the line through both.
func (u unifier) int(v, w Int) (Int, error) {
	slope := (w.Const - v.Const) / (u.m - u.n)
	i := Int{slope, v.Const - slope*u.n}
	if at, err := i.At(u.m); err != nil || at != w.Const || v.Batch != 0 || w.Batch != 0 {
		return i, fmt.Errorf("%v, %v", v, w)
	}
	return i, nil
}
