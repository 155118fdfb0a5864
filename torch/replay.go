package torch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// formats are the names of libtorch's memory formats, by their numbers.
var formats = []graph.Format{"contiguous", "preserve", "channels_last", "channels_last_3d"}

// Replay runs a graph on other inputs, one operation after the other, and returns its outputs: the plain way to run what
// [Record] wrote down, and the measure for any faster one. The size of the batch is the first input's. weights
// has at least those that the graph names. The outputs live in the youngest scope of the inputs; what a model did in place to its input, a replay does, too.
func Replay(g *graph.Graph, weights map[string]*Tensor, inputs ...*Tensor) (outputs []*Tensor, err error) {
	if err := guard.Given("torch.Replay", g); err != nil {
		return nil, err
	}
	if err := g.Check(); err != nil {
		return nil, err
	}
	failure := Try(func() { outputs, err = replay(g, weights, inputs) })
	return outputs, cmp.Or(err, failure)
}

func replay(g *graph.Graph, weights map[string]*Tensor, inputs []*Tensor) ([]*Tensor, error) {
	if len(inputs) != len(g.Inputs) || len(inputs) == 0 {
		return nil, fmt.Errorf("torch.Replay: %d inputs, and the graph has %d", len(inputs), len(g.Inputs))
	}
	p := player{g: g, values: make([]*Tensor, len(g.Values))}
	for i, t := range inputs {
		if t.Dim() == 0 {
			return nil, fmt.Errorf("torch.Replay: the input %d has no dimensions, and its first is the batch", i)
		}
		p.values[g.Inputs[i]] = t
		p.home = younger(p.home, t.scope)
	}
	p.batch = inputs[0].Size(0)
	for key, r := range g.Weights {
		if p.values[r] = weights[key]; weights[key] == nil {
			return nil, fmt.Errorf("torch.Replay: the weight %s is missing", key)
		}
	}
	if err := p.fit(inputs); err != nil {
		return nil, err
	}
	p.scope = childOf(p.home)
	defer p.scope.Close()
	for i, n := range g.Nodes {
		if err := p.run(n); err != nil {
			return nil, fmt.Errorf("torch.Replay: operation %d in %q: %w", i, n.Module, err)
		}
	}
	outputs := make([]*Tensor, len(g.Outputs))
	for i, r := range g.Outputs {
		outputs[i] = p.values[r].In(p.home)
	}
	return outputs, nil
}

// player runs a graph.
type player struct {
	g           *graph.Graph
	values      []*Tensor
	batch       int64
	home, scope *Scope
}

// fit refuses inputs that the graph isn't of.
func (p *player) fit(inputs []*Tensor) error {
	for i, t := range inputs {
		want := p.g.Values[p.g.Inputs[i]]
		fits := t.Dim() == len(want.Shape) && t.DType().String() == want.DType
		for d := 0; fits && d < len(want.Shape); d++ {
			n, err := want.Shape[d].At(p.batch)
			fits = err == nil && n == t.Size(d)
		}
		if !fits {
			return fmt.Errorf("torch.Replay: the input %d is %s, and the graph is of %v", i, t.describe(), want)
		}
	}
	return nil
}

func (p *player) run(n graph.Node) error {
	name := n.Op
	if !strings.Contains(name, ".") {
		name += "." // the overload without a name, and no other
	}
	op, err := Op(name)
	if err != nil {
		return err
	}
	args := Kwargs{}
	for name, a := range n.Args {
		if args[name], err = p.arg(a); err != nil {
			return fmt.Errorf("argument %s: %w", name, err)
		}
	}
	all, err := op.Call(p.scope, args)
	if err != nil {
		return err
	}
	var results []*Tensor
	for _, v := range all {
		switch v := v.(type) {
		case []*Tensor:
			results = append(results, v...)
		case *Tensor:
			results = append(results, v)
		case nil:
			results = append(results, nil)
		}
	}
	if len(results) != len(n.Results) {
		return fmt.Errorf("%s returned %d tensors, and the graph names %d", n.Op, len(results), len(n.Results))
	}
	for i, r := range n.Results {
		if r != graph.None {
			p.values[r] = results[i]
		}
	}
	return nil
}

// arg is a graph's argument as [Operator.Call] takes it.
func (p *player) arg(a any) (any, error) {
	switch v := a.(type) {
	case graph.Ref:
		return p.values[v], nil
	case []graph.Ref:
		ts := make([]*Tensor, len(v))
		for i, r := range v {
			if r != graph.None {
				ts[i] = p.values[r]
			}
		}
		return ts, nil
	case graph.Int:
		return v.At(p.batch)
	case []graph.Int:
		ints := make([]int64, len(v))
		for i := range v {
			var err error
			if ints[i], err = v[i].At(p.batch); err != nil {
				return nil, err
			}
		}
		return ints, nil
	case graph.DType:
		return ParseDType(string(v))
	case graph.Device:
		return ParseDevice(string(v))
	case graph.Format:
		i := slices.Index(formats, v)
		if i < 0 {
			return nil, fmt.Errorf("there is no memory format %q", v)
		}
		return MemoryFormat(i), nil
	}
	return a, nil
}
