package onnx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// What a graph does in place is done to the values that it changes; a view that is used after its memory was written is refused.
func TestInPlace(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	dir := t.TempDir()
	var jobs []job
	for name, pass := range parity.Sorted(map[string]func(x *torch.Tensor) []*torch.Tensor{
		"a tensor used by its old name": func(x *torch.Tensor) []*torch.Tensor {
			y := x.MulScalar(2)
			y.Relu_().Add_(x)
			return []*torch.Tensor{y, y.AddScalar(1)}
		},
		"a view whose whole isn't used": func(x *torch.Tensor) []*torch.Tensor {
			return []*torch.Tensor{x.MulScalar(2).View(-1, 2, 4).Relu_().View(-1, 8)}
		},
	}) {
		g := record(t, s, nil, []int64{8}, pass)
		x := s.Randn(5, 8)
		jobs = append(jobs, newJob(t, dir, name, g, pth.NewDict(), []*torch.Tensor{x}, pass(x.Clone())))
	}
	runAll(t, jobs)
	for name, pass := range parity.Sorted(map[string]func(x *torch.Tensor) []*torch.Tensor{
		"a view that is written": func(x *torch.Tensor) []*torch.Tensor {
			y := x.MulScalar(2)
			y.Narrow(1, 0, 2).Relu_()
			return []*torch.Tensor{y}
		},
		"a view of what is written": func(x *torch.Tensor) []*torch.Tensor {
			y := x.MulScalar(2)
			v := y.View(-1, 2, 4)
			y.Relu_()
			return []*torch.Tensor{v}
		},
	}) {
		err := onnx.Write(&bytes.Buffer{}, record(t, s, nil, []int64{8}, pass), pth.NewDict(), nil)
		if err == nil || !strings.Contains(err.Error(), "aten::relu_ in the model itself: it writes in place to memory that a view shares") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What can't be converted is an error that names the operation, the module and what is wrong, and leaves no file behind.
func TestUnsupported(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	for name, c := range parity.Sorted(map[string]struct {
		pass func(x *torch.Tensor) *torch.Tensor
		want string
	}{
		"no converter": {func(x *torch.Tensor) *torch.Tensor { return torch.Call("aten::erfinv", x)[0].(*torch.Tensor) }, "aten::erfinv in a.b: there is no converter"},
		"a mask": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::index.Tensor", x, []*torch.Tensor{x.GtScalar(-100)})[0].(*torch.Tensor)
		}, "aten::index.Tensor in a.b: it has several indices, or a mask: use"},
		"a mode": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::adaptive_avg_pool2d", x.View(1, 2, 2, 4), K{"output_size": []int64{0, 1}})[0].(*torch.Tensor)
		}, "aten::adaptive_avg_pool2d in a.b: it pools"},
		"a norm in training": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::batch_norm", x, nil, nil, nil, nil, true, 0.1, 1e-5, false)[0].(*torch.Tensor)
		}, "aten::batch_norm in a.b: it takes the statistics of its batch: put the model into evaluation mode"},
		"a circle that cuts off": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::pad", x.View(1, 2, 8), K{"pad": []int64{1, -1}, "mode": "circular"})[0].(*torch.Tensor)
		}, "aten::pad in a.b: it pads by [1 -1] in a circle"},
		"an argument that isn't read": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::avg_pool2d", x.View(-1, 1, 4, 2), K{"kernel_size": 2, "divisor_override": 3})[0].(*torch.Tensor)
		}, "aten::avg_pool2d in a.b: its argument divisor_override, 3, has no counterpart"},
		"a result that isn't made": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::adaptive_max_pool2d", x.View(-1, 1, 4, 2), K{"output_size": 1})[1].(*torch.Tensor).AddScalar(1)
		}, "it uses a result of an operation that has no counterpart"},
		"a dtype": {func(x *torch.Tensor) *torch.Tensor {
			return torch.Call("aten::to.dtype", x, K{"dtype": torch.Complex64})[0].(*torch.Tensor)
		}, "it gives complex64"},
	}) {
		x := s.Randn(2, 8)
		g, err := torch.Record(nil, []*torch.Tensor{x}, func(r *torch.Recording) []*torch.Tensor {
			r.Enter("a.b")
			defer r.Leave()
			return []*torch.Tensor{c.pass(x)}
		})
		if err != nil {
			t.Fatal(err)
		}
		err = onnx.Write(&bytes.Buffer{}, g, pth.NewDict(), nil)
		var unsupported *onnx.Unsupported
		if !errors.As(err, &unsupported) || unsupported.Module != "a.b" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "x.onnx")
	for want, metadata := range parity.Sorted(map[string]map[string]string{
		"without a graph of the forward pass": nil, "its graph is damaged": {graph.Key: "{"}, "it has no graph of the forward pass: for a reason": {graph.Key: `{"refused":"for a reason"}`},
	}) {
		if err := onnx.WriteFile(path, pth.NewDict(), metadata); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file is there")
	}
}

// What a message of protobuf can't hold goes into a second file, in which each weight lies where ONNX Runtime looks for it; Write, which has one, says so.
func TestWeightsOutside(t *testing.T) {
	defer onnx.Limit(3000)()
	s := torch.NewScope()
	defer s.Close()
	held := map[string]*torch.Tensor{"a": s.Randn(17, 30), "b": s.Randn(17), "c": s.Randn(17, 21)}
	pass := func(x *torch.Tensor) []*torch.Tensor {
		return []*torch.Tensor{x.MatMul(held["a"].Transpose(0, 1)).Add(held["b"]).MatMul(held["c"])}
	}
	g, x := record(t, s, held, []int64{30}, pass), s.Randn(4, 30)
	text, err := json.Marshal(graph.Stored{Graph: g})
	if err != nil {
		t.Fatal(err)
	}
	if err := onnx.Write(&bytes.Buffer{}, g, dict(t, held), nil); err == nil || !strings.Contains(err.Error(), "write it by WriteFile") {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "large.onnx")
	if err := onnx.WriteFile(file, dict(t, held), map[string]string{graph.Key: string(text)}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file + ".data"); err != nil || info.Size() != (17*30*4+63)/64*64+(17*21*4+63)/64*64 {
		t.Errorf("%v, %v", info, err)
	}
	x.WithBytes(func(memory []byte) { err = os.WriteFile(file+".in", memory, 0o666) })
	if err != nil {
		t.Fatal(err)
	}
	j := job{name: "large", want: [][]float64{torch.ToSlice[float64](pass(x)[0].To(torch.Float64))}}
	j.File, j.Inputs = file, []parity.ONNXInput{{File: file + ".in", Shape: x.Shape()}}
	runAll(t, []job{j})
}

// Graphs that nobody recorded, and weights that are others, are errors.
func TestDamagedGraphs(t *testing.T) {
	values := func() []graph.Value {
		return []graph.Value{{DType: "float32", Shape: []graph.Int{{Batch: 1}, {Const: 3}}}, {DType: "float32", Shape: []graph.Int{{Const: 4}, {Const: 3}}}, {DType: "float32", Shape: []graph.Int{{Batch: 1}, {Const: 4}}}}
	}
	weight := pth.NewTensor(pth.Float32, []int64{4, 3}, make([]byte, 48))
	for want, change := range parity.Sorted(map[string]func(g *graph.Graph, state *pth.Dict){
		"":                         func(*graph.Graph, *pth.Dict) {},
		"the weight w is missing":  func(_ *graph.Graph, state *pth.Dict) { *state = *pth.NewDict() },
		"the weight w is float32[": func(g *graph.Graph, _ *pth.Dict) { g.Values[1].Shape[0].Const = 5 },
		"its argument input is absent": func(g *graph.Graph, _ *pth.Dict) {
			g.Nodes[0].Args["input"] = nil
		},
		"its argument weight is a string":             func(g *graph.Graph, _ *pth.Dict) { g.Nodes[0].Args["weight"] = "w" },
		"its argument more, true, has no counterpart": func(g *graph.Graph, _ *pth.Dict) { g.Nodes[0].Args["more"] = true },
		"don't fit together": func(g *graph.Graph, _ *pth.Dict) {
			g.Nodes[0].Op, g.Nodes[0].Args = "aten::glu", map[string]any{"self": graph.Ref(0), "dim": graph.Int{Const: 7}}
		},
	}) {
		g := &graph.Graph{Inputs: []graph.Ref{0}, Weights: map[string]graph.Ref{"w": 1}, Values: values(), Outputs: []graph.Ref{2},
			Nodes: []graph.Node{{Op: "aten::linear", Args: map[string]any{"input": graph.Ref(0), "weight": graph.Ref(1), "bias": nil}, Results: []graph.Ref{2}}}}
		state := pth.NewDict()
		state.Set("w", weight)
		change(g, state)
		err := onnx.Write(&bytes.Buffer{}, g, state, nil)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
