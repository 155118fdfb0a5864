package torch

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Replay runs a graph on other inputs, one operation after the other, and returns its outputs: the plain way to run what
// [Record] wrote down, and the measure for any faster one. The size of the batch is the first input's. weights
// has at least those that the graph names. The outputs live in the youngest scope of the inputs; what a model did in place to its input, a replay does, too.
func Replay(g *graph.Graph, weights map[string]*Tensor, inputs ...*Tensor) (outputs []*Tensor, err error) {
	r, err := NewReplayer(g, weights)
	if err != nil {
		return nil, err
	}
	return r.Run(inputs...)
}

// Replayer runs a graph again and again. What can be found out before is, and intermediates are closed when nothing needs them any more.
type Replayer struct {
	// AnySize takes inputs whose sizes beyond the batch differ from those that were recorded, which is right for graphs whose numbers
	// don't depend on them. The default refuses them.
	AnySize bool
	// Observe, where it is set, is given each operation's results as they are made, and must not keep them.
	Observe func(at graph.Ref, t *Tensor)
	// Again, where it is set, is called after each operation, with what runs it once more and frees its results: to time it. An operation
	// in place then does so once more.
	Again func(n graph.Node, run func() error) error

	g      *graph.Graph
	values []*Tensor // the weights
	steps  []replayStep
}

// replayStep is an operation of a graph.
type replayStep struct {
	op      *Operator
	node    graph.Node
	fixed   Kwargs         // arguments that are the same in each run
	varying map[string]any // the others, as the graph has them
	last    []graph.Ref    // values that nothing after it uses
}

// NewReplayer makes a graph ready to run with weights, of which it needs at least those that the graph names. They stay their owner's, who
// may write to them in between, and must not close them. A Replayer may be used by many goroutines.
func NewReplayer(g *graph.Graph, weights map[string]*Tensor) (*Replayer, error) {
	if err := guard.Given("torch.Replay", g); err != nil {
		return nil, err
	}
	if err := g.Check(); err != nil {
		return nil, err
	}
	r := &Replayer{g: g, values: make([]*Tensor, len(g.Values)), steps: make([]replayStep, len(g.Nodes))}
	for key, at := range g.Weights {
		if r.values[at] = weights[key]; weights[key] == nil {
			return nil, fmt.Errorf("torch.Replay: the weight %s is missing", key)
		}
	}
	for i, n := range g.Nodes {
		var err error
		if r.steps[i], err = r.step(n); err != nil {
			return nil, replayError(i, n, err)
		}
	}
	r.findLast()
	return r, nil
}

func replayError(i int, n graph.Node, err error) error {
	return fmt.Errorf("torch.Replay: operation %d in %q: %w", i, n.Module, err)
}

// outside begin the names of operations that reach beyond their tensors: files, other processes, memory. No model records them, but a graph
// is read from files, which may be hostile.
var outside = []string{"aten::from_file", "c10d::", "_c10d_functional", "symm_mem::", "profiler::", "inductor::", "debugprims::"}

func (r *Replayer) step(n graph.Node) (s replayStep, err error) {
	name := n.Op
	if slices.ContainsFunc(outside, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return s, fmt.Errorf("%s reaches beyond the graph's tensors, and isn't replayed", name)
	}
	if !strings.Contains(name, ".") {
		name += "." // the overload without a name, and no other
	}
	s = replayStep{node: n, fixed: Kwargs{}, varying: map[string]any{}}
	if s.op, err = Op(name); err != nil {
		return s, err
	}
	for name, a := range n.Args {
		one, err := (&replay{batch: 1}).arg(a)
		if err != nil {
			return s, fmt.Errorf("argument %s: %w", name, err)
		}
		if isVarying(a) {
			s.varying[name] = a
		} else {
			s.fixed[name] = one
		}
	}
	return s, nil
}

func isVarying(a any) bool {
	byBatch := func(i graph.Int) bool { return i.Batch != 0 }
	switch v := a.(type) {
	case graph.Ref, []graph.Ref:
		return true
	case graph.Device:
		return v == graph.InputDevice
	case graph.Int:
		return byBatch(v)
	case []graph.Int:
		return slices.ContainsFunc(v, byBatch)
	}
	return false
}

// findLast notes after which operation a value is needed no more; inputs, weights and outputs stay.
func (r *Replayer) findLast() {
	kept := make([]bool, len(r.g.Values))
	for _, all := range [][]graph.Ref{r.g.Inputs, r.g.Outputs, slices.Collect(maps.Values(r.g.Weights))} {
		for _, at := range all {
			kept[at] = true
		}
	}
	for i := len(r.steps) - 1; i >= 0; i-- {
		n := r.steps[i].node
		for _, at := range slices.Concat(n.Results, n.Uses()) {
			if at != graph.None && !kept[at] {
				kept[at] = true
				r.steps[i].last = append(r.steps[i].last, at)
			}
		}
	}
}

// Run is [Replay] of the graph.
func (r *Replayer) Run(inputs ...*Tensor) (outputs []*Tensor, err error) {
	if r == nil || r.g == nil {
		return nil, errors.New("torch.Replay: the Replayer is nil or empty: make it by torch.NewReplayer")
	}
	failure := Try(func() { outputs, err = r.run(inputs) })
	return outputs, cmp.Or(err, failure)
}

func (r *Replayer) run(inputs []*Tensor) ([]*Tensor, error) {
	if len(inputs) != len(r.g.Inputs) || len(inputs) == 0 {
		return nil, fmt.Errorf("torch.Replay: %d inputs, and the graph has %d", len(inputs), len(r.g.Inputs))
	}
	p := replay{values: slices.Clone(r.values), observe: r.Observe, again: r.Again}
	var home *Scope
	for i, t := range inputs {
		if t.Dim() == 0 {
			return nil, fmt.Errorf("torch.Replay: the input %d has no dimensions, and its first is the batch", i)
		}
		p.values[r.g.Inputs[i]] = t
		home = younger(home, t.scope)
	}
	p.batch, p.device = inputs[0].Size(0), inputs[0].Device()
	if err := r.fit(p.batch, inputs); err != nil {
		return nil, err
	}
	p.scope = childOf(home)
	defer p.scope.Close()
	for i, t := range inputs {
		p.see(r.g.Inputs[i], t)
	}
	for i := range r.steps {
		if err := p.run(&r.steps[i]); err != nil {
			return nil, replayError(i, r.steps[i].node, err)
		}
	}
	outputs := make([]*Tensor, len(r.g.Outputs))
	for i, at := range r.g.Outputs {
		outputs[i] = p.values[at].In(home)
	}
	return outputs, nil
}

// fit refuses inputs that the graph isn't of.
func (r *Replayer) fit(batch int64, inputs []*Tensor) error {
	for i, t := range inputs {
		want := r.g.Values[r.g.Inputs[i]]
		fits := t.Dim() == len(want.Shape) && t.DType().String() == want.DType
		for d := 0; fits && d < len(want.Shape); d++ {
			n, err := want.Shape[d].At(batch)
			fits = err == nil && (n == t.Size(d) || r.AnySize && want.Shape[d].Batch == 0)
		}
		if !fits {
			return fmt.Errorf("torch.Replay: the input %d is %s, and the graph is of %v", i, t.describe(), want)
		}
	}
	return nil
}
