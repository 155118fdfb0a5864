package exportfile

import (
	"fmt"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// GraphModel is the type of a model that its graph alone describes.
const GraphModel = "Graph"

// graphModel runs a graph.
type graphModel struct {
	nn.Base
	graph    *graph.Graph
	replayer *torch.Replayer
}

// NewGraphModel makes a module of a graph with weights of these shapes and types, which are yet to be filled.
func NewGraphModel(g *graph.Graph, like map[string]*torch.Tensor) (nn.Module, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	m := &graphModel{graph: g}
	var none *torch.Scope
	err := torch.Try(func() {
		for name, t := range like {
			part, last := m.part(name)
			fresh := none.With(t.DType()).Empty(t.Shape()...)
			if t.DType().IsFloatingPoint() {
				part.RegisterParameter(last, fresh)
			} else {
				part.RegisterBuffer(last, fresh)
			}
		}
	})
	if err != nil {
		nn.Close(m)
		return nil, err
	}
	return m, nil
}

// holder is a part that only has weights.
type holder struct{ nn.Base }

// Forward panics: the graph runs the model.
func (*holder) Forward(*torch.Tensor) *torch.Tensor {
	panic(&torch.Error{Op: "forward", Msg: "a part of a model that is a graph can't be run alone"})
}

type registering interface {
	nn.Module
	Register(name string, child nn.Module)
	RegisterParameter(name string, t *torch.Tensor) *torch.Tensor
	RegisterBuffer(name string, t *torch.Tensor) *torch.Tensor
}

// part is the part that holds a weight, made where it isn't there yet, and the weight's name in it.
func (m *graphModel) part(name string) (registering, string) {
	var at registering = m
	path := strings.Split(name, ".")
	for _, step := range path[:len(path)-1] {
		var next registering
		for _, c := range nn.Children(at) {
			if c.Name == step {
				next = c.Module.(registering)
			}
		}
		if next == nil {
			next = &holder{}
			at.Register(step, next)
		}
		at = next
	}
	return at, path[len(path)-1]
}

// Forward runs the graph.
func (m *graphModel) Forward(x *torch.Tensor) *torch.Tensor {
	if m.replayer == nil {
		weights := nn.StateMap(m)
		r, err := torch.NewReplayer(m.graph, weights)
		if err != nil {
			panic(&torch.Error{Op: "forward", Msg: err.Error()})
		}
		m.replayer = r
	}
	all, err := m.replayer.Run(x)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("the graph has %d outputs: want one", len(all))
	}
	if err != nil {
		panic(&torch.Error{Op: "forward", Msg: err.Error()})
	}
	return all[0]
}
