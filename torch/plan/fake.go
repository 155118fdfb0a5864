package plan

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// fakeInt8 is Int8 in float32, with gradients.
const fakeInt8 Precision = "fake int8"

var errNoBytes = errors.New("no layer would compute in bytes: the graph isn't calibrated, or has none that can")

// FakeQuantize runs a calibrated graph in float32, on any device, and rounds what an [Int8] plan of it computes in bytes: the same layers, by the same
// scales, ranges and sums of norms and weights, so that its outputs are the plan's but for values that lie on the border of two bytes. Gradients flow
// to the weights, through what is rounded as if it were not, and not through what is cut off (PyTorch's fake_quantize_per_tensor_affine and
// fake_quantize_per_channel_affine); norms keep their statistics. Nothing is kept between two calls: weights may change, and ranges, too.
//
// observe, where it isn't nil, is given each value before it is rounded to bytes, with its range in g, which it may change for later calls. It must not
// keep the value. Of a graph without a layer that would compute in bytes an error is returned. The outputs live in the youngest scope of xs.
func FakeQuantize(g *graph.Graph, weights map[string]*torch.Tensor, observe func(r *graph.Range, value *torch.Tensor), xs ...*torch.Tensor) (outputs []*torch.Tensor, err error) {
	if err := guard.Given("plan.FakeQuantize", g); err != nil {
		return nil, err
	}
	if err := g.Check(); err != nil {
		return nil, fmt.Errorf("plan.FakeQuantize: %w", err)
	}
	failure := torch.Try(func() { outputs, err = fakeQuantize(g, weights, observe, xs) })
	if err = cmp.Or(err, failure); err != nil {
		return nil, fmt.Errorf("plan.FakeQuantize: %w", err)
	}
	return outputs, nil
}

func fakeQuantize(g *graph.Graph, weights map[string]*torch.Tensor, observe func(r *graph.Range, value *torch.Tensor), xs []*torch.Tensor) ([]*torch.Tensor, error) {
	if _, err := torch.NewReplayer(g, weights); err != nil { // what a builder takes for granted
		return nil, err
	}
	b := newBuilder(g, weights, 1, fakeInt8)
	defer b.own.Close()
	b.build()
	if len(b.rounded) == 0 {
		return nil, errNoBytes
	}
	rounded := b.graph()
	for _, t := range b.weights { // whatever scope xs live in
		defer t.Keep().Close()
	}
	run, err := torch.NewReplayer(rounded, b.weights)
	if err != nil {
		return nil, err
	}
	run.AnySize = true
	if observe != nil {
		run.Observe = func(at graph.Ref, t *torch.Tensor) {
			if r := b.rounded[at]; r != nil && t != nil {
				observe(r, t)
			}
		}
	}
	return run.Run(xs...)
}

// roundFloat is a value in float32, rounded and cut off as its bytes are.
func (q *quantiser) roundFloat(r graph.Ref, b quantised) graph.Ref {
	return q.run("aten::fake_quantize_per_tensor_affine", q.values[r], map[string]any{"self": r, "scale": b.scale,
		"zero_point": graph.Int{Const: b.zero}, "quant_min": graph.Int{Const: 0}, "quant_max": graph.Int{Const: 255}})
}

// fakeLayer is the layer that layer makes, in float32.
func (q *quantiser) fakeLayer(n *node, x, out quantised, scales *torch.Tensor) {
	l := n.layer
	l.weight = torch.Call("aten::fake_quantize_per_channel_affine", l.weight, scales, q.own.With(torch.Int32, l.weight.Device()).Zeros(l.weight.Size(0)),
		0, -127, 127)[0].(*torch.Tensor).MoveTo(q.own)
	l.input = x.at
	if l.binary != "" {
		other := q.inFloat(l.other)
		if l.kind == conv {
			other = q.inBytes(l.other).at
		}
		for _, then := range l.absorbed {
			for name, a := range then.Args {
				if a == any(l.other) {
					then.Args[name] = other
				}
			}
		}
	}
	q.nodes = append(q.nodes, n)
	if out.only {
		out.at = q.roundFloat(n.Results[0], out)
		q.bytes[n.Results[0]] = out
	}
}

// unfuse has layers compute one operation after the other.
func (b *builder) unfuse() {
	var nodes []*node
	for _, n := range b.nodes {
		l := n.layer
		if l == nil {
			nodes = append(nodes, n)
			continue
		}
		args := map[string]any{"input": l.input, "weight": b.weight(l.weight), "bias": nil}
		if l.bias != nil {
			args["bias"] = b.weight(l.bias)
		}
		for name, v := range l.geometry {
			args[name] = v
		}
		nodes = append(nodes, &node{Node: graph.Node{Op: layers[l.kind].plain, Args: args, Results: []graph.Ref{l.result}}})
		for _, then := range l.absorbed {
			nodes = append(nodes, &node{Node: then})
		}
	}
	b.nodes = nodes
}
