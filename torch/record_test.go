package torch_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// passes are forward passes of two inputs of N×4 and N×3×8×8, a weight w of 5×4 and a kernel k of 2×3×3×3.
var passes = map[string]func(w, k, a, b *torch.Tensor) []*torch.Tensor{
	"scalars, in place": func(w, k, a, b *torch.Tensor) []*torch.Tensor {
		return []*torch.Tensor{torch.Linear(a, w, nil).AddScalar(2).MulScalar(0.5).Add_(torch.Linear(a, w, nil).Relu_())}
	},
	"shapes of the batch": func(w, k, a, b *torch.Tensor) []*torch.Tensor {
		n := b.Size(0)
		y := b.View(n*3, 64).Permute(1, 0).Contiguous().View(64, n, 3).Permute(1, 2, 0)
		return []*torch.Tensor{y, a.Unsqueeze(1).Expand(n, 2, 4).Clone(), a.Scope().Zeros(2*n+1, 2), torch.Cat(0, a, a, a.Narrow(0, 0, 1))}
	},
	"lists, several results": func(w, k, a, b *torch.Tensor) []*torch.Tensor {
		parts := a.Chunk(2, 1)
		most, at := b.KeepDim().MaxDim(1)
		return []*torch.Tensor{torch.Stack(0, parts...), most, at}
	},
	"a view that is written": func(w, k, a, b *torch.Tensor) []*torch.Tensor {
		y := b.Clone()
		y.Narrow(1, 0, 1).Fill_(math.Inf(-1))
		return []*torch.Tensor{y.Softmax(1)}
	},
	"by name, a composite, texts and dtypes": func(w, k, a, b *torch.Tensor) []*torch.Tensor {
		c := torch.Conv2d(b.ToFormat(torch.ChannelsLast), k, nil, torch.Conv2dOptions{Padding: [2]int64{1, 1}})
		e := torch.Einsum("ij,kj->ik", a, w)
		return []*torch.Tensor{torch.Call("aten::gelu", c, torch.Kwargs{"approximate": "tanh"})[0].(*torch.Tensor), e.To(torch.Float64), c.Max()}
	},
	"an input as it is": func(w, k, a, b *torch.Tensor) []*torch.Tensor { return []*torch.Tensor{a, b.Relu()} },
}

// A replay of what was recorded with batches of 1 and 3, through JSON, is the pass itself on batches of 2 and 7.
func TestReplay(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(1)
	w, k := s.Randn(5, 4), s.Randn(2, 3, 3, 3)
	weights := map[string]*torch.Tensor{"w": w, "unused": s.Ones(1), "k": k}
	inputs := func(n int64) []*torch.Tensor {
		return []*torch.Tensor{s.Randn(n, 4), s.Randn(n, 3, 8, 8)}
	}
	for name, pass := range parity.Sorted(passes) {
		t.Run(name, func(t *testing.T) {
			var graphs []*graph.Graph
			for _, n := range []int64{1, 3} {
				in := inputs(n)
				g, err := torch.Record(weights, in, func(r *torch.Recording) []*torch.Tensor { return pass(w, k, in[0], in[1]) })
				if err != nil {
					t.Fatal(err)
				}
				graphs = append(graphs, g)
			}
			g, err := graph.AnyBatch(graphs[0], graphs[1], 1, 3)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			var read graph.Graph
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			if again, _ := json.Marshal(&read); string(again) != string(text) {
				t.Errorf("read and written again:\n%s\n%s", text, again)
			}
			if _, ok := read.Weights["unused"]; ok {
				t.Error("a weight that isn't used has a number")
			}
			for _, n := range []int64{2, 7} {
				in := inputs(n)
				var want []*torch.Tensor
				torch.NoGrad(func() { want = pass(w, k, in[0].Clone(), in[1].Clone()) })
				got, err := torch.Replay(&read, weights, in...)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if !got[i].Equal(want[i]) || got[i].DType() != want[i].DType() || !got[i].SameLayout(want[i]) {
						t.Errorf("output %d differs for a batch of %d", i, n)
					}
					for d, size := range read.Values[read.Outputs[i]].Shape {
						if at, err := size.At(n); err != nil || at != got[i].Size(d) {
							t.Errorf("output %d has shape %v, and its description is %v", i, got[i].Shape(), read.Values[read.Outputs[i]])
						}
					}
				}
			}
		})
	}
}

// untraceable are passes of an input x of 2×4 and a weight w of 4 that a graph can't hold, and what their errors say.
var untraceable = map[string]struct {
	want string
	pass func(w, x *torch.Tensor) *torch.Tensor
}{
	"a condition": {"operation 1, aten::item, in block: its result, a number, is read into Go", func(w, x *torch.Tensor) *torch.Tensor {
		if x.Max().Item() > 0 {
			return x.Neg()
		}
		return x.Relu()
	}},
	"a comparison": {"aten::item, in block: its result, a number", func(w, x *torch.Tensor) *torch.Tensor {
		if x.Equal(x) {
			return x.Neg()
		}
		return x
	}},
	"elements": {"in block: the elements of a tensor are read into Go", func(w, x *torch.Tensor) *torch.Tensor {
		torch.ToSlice[float32](x)
		return x.Neg()
	}},
	"memory": {"in block: the memory of a tensor", func(w, x *torch.Tensor) *torch.Tensor {
		y := x.Clone()
		y.UnsafeBytes()
		return y.Neg()
	}},
	"numbers": {"in block: a tensor is made of numbers in Go", func(w, x *torch.Tensor) *torch.Tensor {
		return x.Mul(torch.FromSlice(x.Scope(), []float32{1, 2, 3, 4}, 4))
	}},
	"another's": {"operation 0, aten::add.Tensor, in block: its argument other, float32[4], is neither an input", func(w, x *torch.Tensor) *torch.Tensor {
		return x.Add(captured)
	}},
	"another goroutine": {"the output 0, float32[2×4], is neither computed", func(w, x *torch.Tensor) *torch.Tensor {
		done := make(chan *torch.Tensor)
		go func() { done <- x.Neg() }()
		return <-done
	}},
	"random numbers": {"operation 0, aten::randn_like, in block: it draws random numbers", func(w, x *torch.Tensor) *torch.Tensor {
		return torch.Call("aten::randn_like", x)[0].(*torch.Tensor)
	}},
	"autocast": {"in block: it runs under Autocast", func(w, x *torch.Tensor) (y *torch.Tensor) {
		torch.Autocast(torch.CPU, torch.BFloat16, func() { y = x.Neg() })
		return y
	}},
	"a weight is changed": {"operation 0, aten::add_", func(w, x *torch.Tensor) *torch.Tensor {
		w.AddScalar_(1)
		return x.Neg()
	}},
	"a nested tensor": {"aten::_nested_tensor_from_tensor_list: it can't be written down", func(w, x *torch.Tensor) *torch.Tensor {
		torch.Call("aten::_nested_tensor_from_tensor_list", []*torch.Tensor{x, x.Narrow(0, 0, 1)})
		return x.Neg()
	}},
	"an object": {"quantized::linear_prepack, in block: its argument or result", func(w, x *torch.Tensor) *torch.Tensor {
		q := torch.Call("aten::quantize_per_tensor", x, 0.1, 0, torch.DType(12))[0].(*torch.Tensor)
		torch.Call("quantized::linear_prepack", q)
		return x.Neg()
	}},
}

var captured *torch.Tensor

// What a graph can't hold is named, with the module, and nothing is recorded after it that isn't asked for.
func TestUntraceable(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	captured = s.Ones(4)
	w, x := torch.NewScope().Ones(4), s.Ones(2, 4)
	defer w.Scope().Close()
	for name, c := range parity.Sorted(untraceable) {
		t.Run(name, func(t *testing.T) {
			g, err := torch.Record(map[string]*torch.Tensor{"w": w}, []*torch.Tensor{x}, func(r *torch.Recording) []*torch.Tensor {
				r.Enter("block")
				defer r.Leave()
				return []*torch.Tensor{c.pass(w, x)}
			})
			var u *torch.Untraceable
			if !errors.As(err, &u) || g == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// What differs by the batch's size otherwise than by a line through both is an error that names it.
func TestAnyBatchRefuses(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	for name, c := range parity.Sorted(map[string]struct {
		want string
		pass func(x *torch.Tensor) *torch.Tensor
	}{
		"control flow": {"operation 0: the operation depends", func(x *torch.Tensor) *torch.Tensor {
			if x.Size(0) == 1 {
				return x.Neg()
			}
			return x.Relu()
		}},
		"a loop": {"the number of operations", func(x *torch.Tensor) *torch.Tensor {
			for range x.Size(0) {
				x = x.Neg()
			}
			return x
		}},
		"a float": {"argument other of aten::mul", func(x *torch.Tensor) *torch.Tensor { return x.MulScalar(1 / float64(x.Size(0)+1)) }},
		"a rank":  {"the value 1", func(x *torch.Tensor) *torch.Tensor { return x.Squeeze(0) }},
	}) {
		t.Run(name, func(t *testing.T) {
			var graphs []*graph.Graph
			for _, n := range []int64{1, 3} {
				x := s.Ones(n, 4)
				g, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor { return []*torch.Tensor{c.pass(x)} })
				if err != nil {
					t.Fatal(err)
				}
				graphs = append(graphs, g)
			}
			if _, err := graph.AnyBatch(graphs[0], graphs[1], 1, 3); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Multiplications are counted as PyTorch's flop_counter counts them, within composites too.
func TestMACs(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	ones := func(shape ...int64) *torch.Tensor { return s.Ones(shape...) }
	x := ones(1)
	g, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor {
		torch.Conv2d(ones(5, 4, 8, 8), ones(6, 2, 3, 3), nil, torch.Conv2dOptions{Groups: 2, Stride: [2]int64{2, 2}})
		torch.Call("aten::conv_transpose2d.input", ones(2, 4, 5, 5), ones(4, 3, 2, 2))
		torch.Linear(ones(5, 3, 4), ones(7, 4), nil)
		torch.Linear(ones(5, 4), ones(7, 4), ones(7))
		ones(2, 3, 4).MatMul(ones(4, 5))
		ones(2, 3, 4).MatMul(ones(2, 4, 5))
		ones(3, 4).MatMul(ones(4))
		ones(4).MatMul(ones(4))
		ones(0, 4).MatMul(ones(4, 2))
		torch.Einsum("bij,bkj->bik", ones(2, 3, 4), ones(2, 5, 4))
		torch.Call("aten::scaled_dot_product_attention", ones(2, 3, 4, 8), ones(2, 3, 5, 8), ones(2, 3, 5, 8))
		return []*torch.Tensor{x.Neg()}
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, n := range g.Nodes {
		if n.Op != "aten::ones" && n.Op != "aten::neg" {
			got = append(got, n.MACs.Const)
		}
	}
	want := []int64{5 * 6 * 3 * 3 * 2 * 3 * 3, 2 * 4 * 5 * 5 * 3 * 2 * 2, 5 * 3 * 7 * 4, 5 * 7 * 4, 2 * 3 * 5 * 4, 2 * 3 * 5 * 4, 3 * 4, 4, 0, 2 * 3 * 4 * 5, 2 * 2 * 3 * 4 * 5 * 8}
	if !slices.Equal(got, want) {
		t.Errorf("counted %v, want %v\n%v", got, want, g)
	}
}

// A panic in a pass ends the recording, and nothing is recorded after it; a recording in another is refused.
func TestRecordEnds(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2)
	_, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor {
		x.MatMul(s.Ones(3))
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "matmul") {
		t.Error(err)
	}
	g, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor {
		if err := torch.Try(func() { x.MatMul(s.Ones(3)) }); err == nil {
			t.Error("sizes that don't fit")
		}
		if _, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor { return nil }); err == nil || !strings.Contains(err.Error(), "records already") {
			t.Error(err)
		}
		return []*torch.Tensor{x.Neg()}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Nodes[len(g.Nodes)-1].Op; len(g.Nodes) != 2 || got != "aten::neg" { // with ones, without the failed product
		t.Errorf("recorded\n%v", g)
	}
}
