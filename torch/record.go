package torch

import (
	"runtime"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Recording is a forward pass that [Record] writes down.
type Recording struct {
	r       shim.Recorder
	parts   []string // the parts that run, outermost first
	changes []change
}

// change says which part runs from an operation on.
type change struct {
	from int
	part string
}

// Enter names the part of the model whose operations follow, until [Recording.Leave]. After the pass it does nothing.
func (r *Recording) Enter(part string) {
	if r == nil || !r.r.On() {
		return
	}
	r.parts = append(r.parts, part)
	r.changes = append(r.changes, change{r.r.Operations(), part})
}

// Leave ends the part that was entered last.
func (r *Recording) Leave() {
	if r == nil || !r.r.On() || len(r.parts) == 0 {
		return
	}
	r.parts = r.parts[:len(r.parts)-1]
	outer := ""
	if n := len(r.parts); n > 0 {
		outer = r.parts[n-1]
	}
	r.changes = append(r.changes, change{r.r.Operations(), outer})
}

// Record runs forward and returns its operations as a graph, in which all numbers are those of these inputs; [graph.AnyBatch]
// makes one for all batches of two. What forward calls by itself is written down, from this package, from gotch or from a
// TorchScript file, and not what libtorch calls within. weights are the parameters and buffers by their keys.
//
// What a graph can't hold is an [*Untraceable] error, and the graph is returned without it: an element that is read into Go,
// as by [Tensor.Item] for a condition; a tensor made of numbers in Go; one that is neither an input, nor a weight, nor
// computed in forward on this goroutine; random numbers; what runs under [Autocast], or changes a weight. Forward runs without gradients.
func Record(weights map[string]*Tensor, inputs []*Tensor, forward func(r *Recording) []*Tensor) (g *graph.Graph, err error) {
	if err := guard.Given("torch.Record", forward); err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(weights))
	for key := range weights {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	given := slices.Clone(inputs)
	for _, key := range keys {
		given = append(given, weights[key])
	}
	r := &Recording{}
	failure := Try(func() {
		NoGrad(func() {
			handles := make([]shim.Handle, len(given))
			for i, t := range given {
				handles[i] = t.handle()
			}
			if r.r, err = shim.Record(handles, len(inputs)); err != nil {
				return
			}
			defer func() {
				r.r.Free()
				r.r = shim.Recorder{}
			}()
			var outputs []*Tensor
			func() {
				defer r.r.End()
				outputs = forward(r)
			}()
			g, err = r.graph(inputs, keys, outputs)
		})
	})
	runtime.KeepAlive(given)
	if failure != nil {
		return nil, failure
	}
	return g, err
}
