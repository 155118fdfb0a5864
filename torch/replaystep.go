package torch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// formats are the names of libtorch's memory formats, by their numbers.
var formats = []graph.Format{"contiguous", "preserve", "channels_last", "channels_last_3d"}

// replay is one run of a [Replayer].
type replay struct {
	values  []*Tensor
	batch   int64
	device  Device // of the first input
	scope   *Scope
	observe func(at graph.Ref, t *Tensor)
	again   func(n graph.Node, run func() error) error
}

func (p *replay) see(at graph.Ref, t *Tensor) {
	if p.observe != nil {
		p.observe(at, t)
	}
}

func (p *replay) run(s *replayStep) error {
	args := maps.Clone(s.fixed)
	for name, a := range s.varying {
		var err error
		if args[name], err = p.arg(a); err != nil {
			return fmt.Errorf("argument %s: %w", name, err)
		}
	}
	all, err := s.op.Call(p.scope, args)
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
	if len(results) != len(s.node.Results) {
		return fmt.Errorf("%s returned %d tensors, and the graph names %d", s.node.Op, len(results), len(s.node.Results))
	}
	uses := s.node.Uses()
	for i, at := range s.node.Results {
		t := results[i]
		if t != nil && slices.ContainsFunc(uses, func(used graph.Ref) bool { return p.values[used] == t }) {
			t = t.In(p.scope) // written in place: each value has its own end
		}
		if at != graph.None {
			p.values[at] = t
			p.see(at, t)
		}
	}
	if p.again != nil {
		err := p.again(s.node, func() error {
			once := p.scope.Child()
			defer once.Close()
			_, err := s.op.Call(once, args)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, at := range s.last {
		p.values[at].Close()
		p.values[at] = nil
	}
	return nil
}

// arg is a graph's argument as [Operator.Call] takes it.
func (p *replay) arg(a any) (any, error) {
	switch v := a.(type) {
	case graph.Ref:
		return p.value(v), nil
	case []graph.Ref:
		ts := make([]*Tensor, len(v))
		for i, r := range v {
			ts[i] = p.value(r)
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
		if v == graph.InputDevice {
			return p.device, nil
		}
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

func (p *replay) value(r graph.Ref) *Tensor {
	if r == graph.None || int(r) >= len(p.values) {
		return nil
	}
	return p.values[r]
}
