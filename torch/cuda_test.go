package torch_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Tests whose names begin with TestCUDA need a GPU, and "make test-cuda" runs them on a simulated one. "make gpu-bundle" packs
// those of each file cuda_test.go for a machine that has one; what needs the simulation stands in other files.

// What a tensor takes on a GPU is counted while it lives, and kept for the next one after.
func TestCUDAMemory(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	const size = 64 << 20
	before, _, err := torch.CUDAMemory(gpu)
	if err != nil {
		t.Fatal(err)
	}
	s := torch.NewScope()
	s.With(torch.Uint8, gpu).Zeros(size)
	with, held, err := torch.CUDAMemory(gpu)
	if err != nil || with-before != size || held < with {
		t.Errorf("%d bytes before, %d with %d more, %d held, %v", before, with, size, held, err)
	}
	s.Close()
	after, still, err := torch.CUDAMemory(gpu)
	if err != nil || after != before || still != held {
		t.Errorf("%d bytes before, %d after; %d held, then %d, %v", before, after, held, still, err)
	}
}

// Every optimizer's steps on a GPU, where they go over all parameters at once, are those on the CPU.
func TestCUDAOptimizers(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	for name, rule := range parity.Sorted(map[string]optim.Rule{
		"Adam": optim.Adam{}, "SGD": optim.SGD{Momentum: 0.9, L2: true}, "RMSProp": optim.RMSProp{Momentum: 0.9}, "RAdam": optim.RAdam{},
		"QHAdam": optim.QHAdam{}, "Lamb": optim.Lamb{L2: true}, "Larc": optim.Larc{}, "Ranger": optim.Ranger(),
	}) {
		s := torch.NewScope()
		var ends [2][]float64
		for k, device := range []torch.Device{torch.CPU, gpu} {
			torch.ManualSeed(1)
			params := []*torch.Tensor{s.With(torch.Float64).Randn(4, 3), s.With(torch.Float64).Randn(5)}
			for i, p := range params {
				params[i] = p.To(device)
				params[i].RequiresGrad_(true)
			}
			opt := optim.New(rule, params)
			for range 12 {
				for _, p := range params {
					p.SetGrad(s.With(torch.Float64).Randn(p.Shape()...).To(device))
				}
				opt.Step()
			}
			for _, p := range params {
				ends[k] = append(ends[k], torch.ToSlice[float64](p.Detach())...)
			}
			opt.Close()
		}
		for i, v := range ends[0] {
			if d := ends[1][i] - v; !(d < 1e-9 && d > -1e-9) {
				t.Errorf("%s: %v on the GPU, %v on the CPU", name, ends[1][i], v)
			}
		}
		s.Close()
	}
}

// Recurrent layers, which are kernels of their own on a GPU, and their gradients are those on the CPU, both ways and without biases.
func TestCUDARecurrentLayers(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	for name, build := range parity.Sorted(map[string]func(o nn.RecurrentOptions) nn.Module{
		"RNN":  func(o nn.RecurrentOptions) nn.Module { return nn.NewRNN(3, 4, o) },
		"LSTM": func(o nn.RecurrentOptions) nn.Module { return nn.NewLSTM(3, 4, o) },
		"GRU":  func(o nn.RecurrentOptions) nn.Module { return nn.NewGRU(3, 4, o) },
	}) {
		for _, o := range []nn.RecurrentOptions{{}, {Layers: 2, Bidirectional: true}, {NoBias: true, BatchFirst: true}} {
			var all [2][]float64
			for k, device := range []torch.Device{torch.CPU, gpu} {
				s := torch.NewScope()
				torch.ManualSeed(1)
				m := build(o)
				nn.To(m, torch.Float64)
				x := s.With(torch.Float64, torch.CPU).Randn(5, 2, 3)
				nn.To(m, device)
				x = x.To(device).RequiresGrad_(true)
				y := m.(interface {
					Forward(*torch.Tensor) *torch.Tensor
				}).Forward(x)
				y.Mul(y).Sum().Backward()
				all[k] = append(torch.ToSlice[float64](y), torch.ToSlice[float64](x.Grad())...)
				for _, p := range nn.Parameters(m) {
					all[k] = append(all[k], torch.ToSlice[float64](p.Grad())...)
				}
				nn.Close(m)
				s.Close()
			}
			parity.Close(t, fmt.Sprintf("%s %+v", name, o), all[1], all[0], 1e-9)
		}
	}
}

// dropsAlways drops out, in evaluation too.
type dropsAlways struct{ nn.Base }

func (*dropsAlways) Forward(x *torch.Tensor) *torch.Tensor { return torch.Dropout(x, 0.5) }

// An operation that draws from the generator of any device is refused in a graph, and one that could and doesn't is not.
func TestCUDARandomNumbersAreUntraceable(t *testing.T) {
	op := func(name string, args ...any) func(x *torch.Tensor) *torch.Tensor {
		return func(x *torch.Tensor) *torch.Tensor {
			return torch.Call(name, append([]any{x}, args...)...)[0].(*torch.Tensor)
		}
	}
	for i := -1; i < torch.CUDADeviceCount(); i++ {
		device := torch.CPU
		if i >= 0 {
			device = torch.CUDA(i)
		}
		s := torch.NewScope()
		x := s.With(torch.Float32, device).Ones(2, 4)
		for name, c := range parity.Sorted(map[string]struct {
			pass  func(x *torch.Tensor) *torch.Tensor
			draws bool
		}{
			"like a tensor":     {op("aten::randn_like"), true},
			"in place":          {func(x *torch.Tensor) *torch.Tensor { return x.Clone().Uniform_(0, 1) }, true},
			"without a tensor":  {func(x *torch.Tensor) *torch.Tensor { return s.With(torch.Float32, device).Rand(2, 4) }, true},
			"dropout":           {op("aten::dropout", 0.5, true), true},
			"within a sum":      {func(x *torch.Tensor) *torch.Tensor { return x.Add(op("aten::bernoulli")(x)) }, true},
			"attention":         {op("aten::scaled_dot_product_attention", x, x, torch.Kwargs{"dropout_p": 0.5}), true},
			"no dropout":        {op("aten::dropout", 0.5, false), false},
			"attention without": {op("aten::scaled_dot_product_attention", x, x), false},
		}) {
			_, err := torch.Record(nil, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor { return []*torch.Tensor{c.pass(x)} })
			var u *torch.Untraceable
			if c.draws != (errors.As(err, &u) && strings.HasSuffix(err.Error(), "it draws random numbers")) || !c.draws && err != nil {
				t.Errorf("%s on %s: %v", name, device, err)
			}
		}
		// The CPU draws normal numbers in pairs: its engine stands still for the second one.
		one := s.With(torch.Float32, device).Ones(1)
		op("aten::randn_like")(one)
		if _, err := torch.Record(nil, []*torch.Tensor{one}, func(*torch.Recording) []*torch.Tensor { return []*torch.Tensor{op("aten::randn_like")(one)} }); err == nil {
			t.Errorf("the second of two numbers on %s isn't seen", device)
		}
		m := nn.NewSequential(nn.NewLinear(4, 4), &dropsAlways{})
		nn.To(m, device)
		nn.Eval(m)
		if _, err := nn.Trace(m, x); err == nil || !strings.Contains(err.Error(), "aten::dropout, in 1: it draws random numbers") {
			t.Errorf("a model on %s: %v", device, err)
		}
		nn.Close(m)
		s.Close()
	}
}

// placed makes tensors where its input is.
type placed struct{ nn.Base }

func (*placed) Forward(x *torch.Tensor) *torch.Tensor {
	at := x.Scope().With(torch.Float32, x.Device())
	ones := torch.Call("aten::ones", x.Scope(), []int64{6}, torch.Kwargs{"device": x.Device()})[0].(*torch.Tensor)
	return torch.Cat(1, x.Add(at.Arange(4)), at.Zeros(x.Size(0), 2)).Mul(ones)
}

// A graph that was recorded on one device runs on the others, with the weights and inputs there.
func TestCUDAGraphsMove(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(1)
	for name, c := range parity.Sorted(map[string]struct {
		m nn.Module
		x *torch.Tensor
	}{
		"tensors of its own": {&placed{}, s.With(torch.Float32, torch.CPU).Randn(2, 4)},
		"LSTM":               {nn.NewLSTM(4, 3, nn.RecurrentOptions{BatchFirst: true, Bidirectional: true}), s.With(torch.Float32, torch.CPU).Randn(2, 5, 4)},
		"convolutions":       {nn.NewSequential(nn.NewConv2d(3, 4, 3), nn.NewBatchNorm(4), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}), s.With(torch.Float32, torch.CPU).Randn(2, 3, 8, 8)},
	}) {
		nn.Eval(c.m)
		for _, from := range []torch.Device{torch.CPU, gpu} {
			nn.To(c.m, from)
			g, err := nn.Trace(c.m, c.x.To(from))
			if err != nil {
				t.Fatalf("%s on %s: %v", name, from, err)
			}
			for _, to := range []torch.Device{torch.CPU, gpu} {
				nn.To(c.m, to)
				x, weights := c.x.To(to), nn.StateMap(c.m)
				torch.NoGrad(func() {
					got, err := torch.Replay(g, weights, x)
					if err != nil {
						t.Errorf("%s, from %s on %s: %v", name, from, to, err)
						return
					}
					parity.Close(t, fmt.Sprintf("%s, from %s on %s", name, from, to), torch.ToSlice[float64](got[0].To(torch.Float64)), torch.ToSlice[float64](nn.Call(c.m, x).To(torch.Float64)), 1e-3)
				})
			}
		}
		nn.Close(c.m)
	}
}

// NCCL, in a group of one process, which is all that one GPU can have: each collective runs and changes nothing, tensors on the
// CPU go through gloo, and a reducer's gradients are the plain ones.
func TestCUDANCCL(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	if simcuda.Loaded() {
		t.Skip("NCCL lives in libtorch_cuda.so, which the simulation stands for")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	g, err := shim.NewGroup("127.0.0.1", port, true, 0, 1, time.Minute, "nccl", "", true)
	if err != nil {
		t.Fatal(err)
	}
	defer shim.GroupFree(g)
	s := torch.NewScope()
	defer s.Close()
	for _, device := range []torch.Device{gpu, torch.CPU} {
		x := torch.FromSlice(s, []float32{1, 2, 3}, 3).To(device)
		n := torch.FromSlice(s, []int64{7}, 1).To(device)
		all, err := shim.AllGather(g, x.Handle(), 1)
		if err = errors.Join(err, shim.AllReduce(g, x.Handle(), 0), shim.Broadcast(g, n.Handle(), 0), shim.BroadcastCoalesced(g, []shim.Handle{x.Handle(), n.Handle()}, 0), shim.Barrier(g)); err != nil {
			t.Fatalf("%s: %v", device, err)
		}
		gathered := torch.FromHandle(all[0]).MoveTo(s)
		if got := torch.ToSlice[float32](x); !slices.Equal(got, []float32{1, 2, 3}) || !slices.Equal(torch.ToSlice[float32](gathered), got) || n.Item() != 7 {
			t.Errorf("%s: %v, %v, %v", device, got, gathered, n)
		}
	}
	w := torch.FromSlice(s, []float32{2, 5}, 2).To(gpu)
	w.RequiresGrad_(true)
	r, err := shim.NewReducer(g, []shim.Handle{w.Handle()}, 25<<20, 1<<20, false)
	if err != nil {
		t.Fatal(err)
	}
	defer shim.ReducerFree(r)
	if err := shim.ReducerBeforeForward(r); err != nil {
		t.Fatal(err)
	}
	loss := w.Mul(w).Sum()
	if err := shim.ReducerBeforeBackward(r, loss.Handle()); err != nil {
		t.Fatal(err)
	}
	if err := torch.Try(loss.Backward); err != nil {
		t.Fatal(err)
	}
	if got := torch.ToSlice[float32](w.Grad()); !slices.Equal(got, []float32{4, 10}) {
		t.Errorf("gradients %v", got)
	}
}
