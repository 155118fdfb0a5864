package nn

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// tracer runs a module.
type tracer struct {
	m       Module
	weights map[string]*torch.Tensor
}

func newTracer(op string, m Module, xs []*torch.Tensor) (*tracer, error) {
	if err := guard.Given(op, m); err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		return nil, fmt.Errorf("%s: there is no input", op)
	}
	if err := Check(m); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	for i, x := range xs {
		if err := torch.Try(func() { check("trace", x.Dim() > 0 && x.Size(0) > 0, "the input %d has no items", i) }); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return &tracer{m, StateMap(m)}, nil
}

// evaluates returns an error where a module isn't in evaluation mode.
func evaluates(m Module) (err error) {
	Walk(m, func(name string, m Module) {
		if IsTraining(m) && err == nil {
			err = fmt.Errorf("nn: Trace: the module %q (%T) is in training mode: put the model into evaluation mode by nn.Eval(m)", name, m)
		}
	})
	return err
}

func (t *tracer) record(xs []*torch.Tensor) (*graph.Graph, error) {
	return torch.Record(t.weights, xs, func(r *torch.Recording) []*torch.Tensor {
		defer observe(t.m, r.Enter, r.Leave)()
		return []*torch.Tensor{Call(t.m, xs[0], xs[1:]...)}
	})
}

// observe has before called with the name of each module of m that runs, and after when it has run, until remove is called. A
// module of two names is called by the first. Where a module is seen is said at [OnForward]; each call of before has one of after.
func observe(m Module, before func(name string), after func()) (remove func()) {
	var running []string
	var removes []func()
	seen := map[Module]bool{}
	Walk(m, func(name string, m Module) {
		if seen[m] {
			return
		}
		seen[m] = true
		removes = append(removes, OnForward(m, func(*torch.Tensor) {
			running = append(running, name)
			before(name)
		}, func(*torch.Tensor, *torch.Tensor) {
			if n := len(running); n > 0 && running[n-1] == name {
				running = running[:n-1]
				after()
			}
		}))
	})
	return func() {
		for _, remove := range removes {
			remove()
		}
	}
}
