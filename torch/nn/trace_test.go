package nn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// joined takes a picture and numbers.
type joined struct {
	nn.Base
	Body *nn.Sequential
	Head *nn.Linear
}

// Forward needs both.
func (m *joined) Forward(x *torch.Tensor) *torch.Tensor { return m.ForwardAll(x) }

func (m *joined) ForwardAll(xs ...*torch.Tensor) *torch.Tensor {
	return nn.Call(m.Head, torch.Cat(1, nn.Call(m.Body, xs[0]), xs[1]))
}

// A module of two inputs is traced, and knows its parts and keys.
func TestTraceTwoInputs(t *testing.T) {
	collector.Off(t)
	s := torch.NewScope()
	defer s.Close()
	m := &joined{Body: nn.NewSequential(nn.NewConv2d(3, 4, 3), nn.NewBatchNorm(4), &nn.ReLU{InPlace: true}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, &nn.Dropout{P: 0.5}), Head: nn.NewLinear(6, 2)}
	defer nn.Close(m)
	a, b := s.Randn(2, 3, 8, 8), s.Randn(2, 2)
	if _, err := nn.Trace(m, a, b); err == nil || !strings.Contains(err.Error(), "is in training mode") {
		t.Error(err)
	}
	nn.Eval(m)
	if _, err := nn.Trace(m.Body, a, b); err == nil || !strings.Contains(err.Error(), "takes one input, and was given 2") {
		t.Error(err)
	}
	before := torch.LiveTensors()
	g, err := nn.Trace(m, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if torch.LiveTensors() != before {
		t.Errorf("%d tensors are left", torch.LiveTensors()-before)
	}
	var got []string
	for _, n := range g.Nodes {
		got = append(got, n.Op+" "+n.Module)
	}
	want := "aten::conv2d body.0, aten::batch_norm body.1, aten::relu_ body.2, aten::adaptive_avg_pool2d body.3, aten::flatten.using_ints body.4, aten::cat , aten::linear head"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	conv := g.Nodes[0]
	if conv.Args["weight"] != g.Weights["body.0.weight"] || conv.Args["input"] != g.Inputs[0] || g.Values[g.Outputs[0]].String() != "float32[N×2]" {
		t.Errorf("%v of %v", conv, g.Weights)
	}
	if _, ok := g.Weights["body.1.num_batches_tracked"]; ok {
		t.Error("a buffer that isn't used is in the graph")
	}
}

// asks computes something else for another picture.
type asks struct{ nn.Base }

func (m *asks) Forward(x *torch.Tensor) *torch.Tensor {
	if x.Mean().Item() > 0 {
		return x.Neg()
	}
	return x.Relu()
}

// counts does something that no operation of the dispatcher does.
type counts struct {
	nn.Base
	n float64
}

func (m *counts) Forward(x *torch.Tensor) *torch.Tensor {
	if m.n = m.n + 1; m.n == 3 {
		return x.Neg()
	}
	return x.Relu()
}

// sized goes by the square of the batch.
type sized struct{ nn.Base }

func (m *sized) Forward(x *torch.Tensor) *torch.Tensor {
	n := x.Size(0)
	return x.View(n, -1).Unsqueeze(0).Expand(n, n, 4).Reshape(n*n, 4).Narrow(0, 0, n*n-n+1).Clone()
}

// What can't be traced is named with the module that does it; a model whose graph isn't the model is refused.
func TestTraceRefuses(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 4)
	for name, c := range parity.Sorted(map[string]struct {
		m    nn.Module
		want string
	}{
		"data-dependent":    {&asks{}, `operation 2, aten::item, in 1.0: its result, a number, is read into Go`},
		"not the model":     {&counts{}, "its graph computes another output than the model"},
		"a batch's square":  {&sized{}, "batch of 2"},
		"a layer of random": {nn.NewSequential(&dropsAlways{}), "aten::dropout, in 1.0.0: it draws random numbers"},
	}) {
		t.Run(name, func(t *testing.T) {
			m := nn.NewSequential(nn.NewLinear(4, 4), nn.NewSequential(c.m))
			defer nn.Close(m)
			nn.Eval(m)
			_, err := nn.Trace(m, x)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// dropsAlways drops out, in evaluation too.
type dropsAlways struct{ nn.Base }

func (m *dropsAlways) Forward(x *torch.Tensor) *torch.Tensor { return torch.Dropout(x, 0.5) }

// Every layer of this package whose input begins with the batch is traced.
func TestTraceLayers(t *testing.T) {
	for _, c := range layers {
		if c.py == "nn.Conv1d(4, 6, 3, groups=2)" { // its input has no batch
			continue
		}
		t.Run(c.py, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			m := c.ours()
			defer nn.Close(m)
			nn.Eval(m)
			var x *torch.Tensor
			if c.shape[0] < 0 {
				x = s.With(torch.Int64).Ones(c.shape[1:]...)
			} else {
				x = s.Rand(c.shape...)
			}
			g, err := nn.Trace(m, x)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &graph.Graph{}); err != nil {
				t.Error(err)
			}
		})
	}
}
