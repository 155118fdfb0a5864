package onnx_test

import (
	"iter"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

func conv(in, out int64, opts ...nn.ConvOption) nn.Module {
	return nn.NewConv2d(in, out, 3, append(opts, nn.Padding(1))...)
}

// residual is relu(A(x) + x).
type residual struct {
	nn.Base
	A nn.Module
}

func (m *residual) Forward(x *torch.Tensor) *torch.Tensor { return nn.Call(m.A, x).Add(x).Relu_() }

// called is an operation as a module.
func called(name string, args ...any) nn.Module {
	return &nn.Lambda{F: func(x *torch.Tensor) *torch.Tensor {
		return torch.Call(name, append([]any{x}, args...)...)[0].(*torch.Tensor)
	}}
}

// measured is a model in evaluation mode, whose norms have statistics of their own, with its calibrated graph.
func measured(t *testing.T, m nn.Module, xs []*torch.Tensor, opts ...plan.CalibrateOption) (*graph.Graph, map[string]*torch.Tensor) {
	t.Helper()
	for _, n := range nn.StateDict(m) {
		if strings.HasSuffix(n.Name, "running_var") || strings.HasSuffix(n.Name, "running_mean") {
			torch.NoGrad(func() { n.Uniform_(0.5, 1.5) })
		}
	}
	nn.Eval(m)
	g, err := nn.Trace(m, xs[0])
	if err != nil {
		t.Fatal(err)
	}
	weights := nn.StateMap(m)
	var batches iter.Seq2[[]*torch.Tensor, error] = func(yield func([]*torch.Tensor, error) bool) {
		for _, x := range xs {
			if !yield([]*torch.Tensor{x}, nil) {
				return
			}
		}
	}
	torch.NoGrad(func() { err = plan.Calibrate(g, weights, batches, opts...) })
	if err != nil {
		t.Fatal(err)
	}
	return g, weights
}

// A calibrated graph becomes QuantizeLinear and DequantizeLinear with int8 weights, which ONNX Runtime fuses to convolutions of bytes; its outputs are
// the int8 plan's: of one convolution within a step of the output's bytes, of several as near to float32 as the plan's.
func TestInt8(t *testing.T) {
	if err := plan.Int8.Check(); err != nil {
		t.Skip(err) // ONNX Runtime's sums of bytes saturate, too
	}
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(8)
	dir := t.TempDir()
	norm := func() nn.Module { return nn.NewBatchNorm(8) }
	seq := func(ms ...nn.Module) nn.Module { return nn.NewSequential(ms...) }
	last, first := called("aten::permute", []int64{0, 2, 3, 1}), called("aten::permute", []int64{0, 3, 1, 2})
	type of struct {
		m         nn.Module
		convs     int            // that compute in bytes
		fused     map[string]int // other operators of what ONNX Runtime makes of it
		precision float64        // steps of the output that it may be off from the plan; 0: it is several layers
	}
	cases := map[string]of{
		"conv":             {conv(8, 8), 1, nil, 1},
		"without a bias":   {conv(8, 8, nn.NoBias()), 1, nil, 1},
		"norm and ReLU":    {seq(conv(8, 8), norm(), &nn.ReLU{}), 1, map[string]int{"Relu": 0, "BatchNormalization": 0}, 1},
		"depthwise, ReLU6": {seq(conv(8, 8, nn.Groups(8), nn.NoBias()), norm(), &nn.ReLU6{}), 1, map[string]int{"Clip": 0}, 1},
		"hardtanh":         {seq(conv(8, 8), called("aten::hardtanh", -0.5, 0.75)), 1, map[string]int{"Clip": 0}, 1},
		"strided":          {nn.NewConv2d(8, 8, 0, nn.KernelSize(3, 2), nn.Stride(2, 1), nn.Dilation(1, 2)), 1, nil, 1},
		"silu":             {seq(conv(8, 8), norm(), &nn.SiLU{}, conv(8, 8)), 2, map[string]int{"Conv": 0}, 0},
		"pooled":           {seq(conv(8, 8), &nn.ReLU{}, &nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1}, conv(8, 8)), 2, map[string]int{"Conv": 0}, 0},
		"residual": {seq(conv(8, 8), norm(), &nn.ReLU{}, &residual{A: seq(conv(8, 8), norm(), &nn.ReLU{}, conv(8, 8), norm())}, conv(8, 8)), 4,
			map[string]int{"QLinearAdd": 1, "Relu": 0, "Conv": 0}, 0},
		"linear":          {seq(last, nn.NewLinear(8, 8)), 0, map[string]int{"MatMul": 0, "Gemm": 0}, 0},
		"linear, no bias": {seq(last, nn.NewLinear(8, 8, nn.NoBias()), &nn.ReLU{}, nn.NewLinear(8, 4)), 0, map[string]int{"MatMul": 0}, 0},
		"ConvNeXt's block": {&residual{A: seq(conv(8, 8, nn.Groups(8)), last, nn.NewLayerNorm(8), nn.NewLinear(8, 32), &nn.GELU{}, nn.NewLinear(32, 8), first)}, 1,
			map[string]int{"MatMul": 0, "Conv": 0}, 0},
		"a head": {seq(conv(8, 8), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 3)), 1, map[string]int{"Gemm": 1}, 0},
	}
	var jobs []job
	var names []string
	var plans, exact [][]float64
	for name, c := range parity.Sorted(cases) {
		defer nn.Close(c.m)
		x := s.Randn(4, 8, 12, 10)
		g, weights := measured(t, c.m, []*torch.Tensor{x, s.Randn(4, 8, 12, 10)})
		p, err := plan.New(g, weights, plan.Int8, x)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		x = x.Narrow(0, 1, 3)
		got, err := p.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		state, err := nn.ToPTH(c.m)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Release()
		j := newJob(t, dir, name, g, state, []*torch.Tensor{x}, nil)
		j.Fused = true
		jobs, names = append(jobs, j), append(names, name)
		plans = append(plans, torch.ToSlice[float64](got[0].To(torch.Float64)))
		torch.NoGrad(func() { exact = append(exact, torch.ToSlice[float64](nn.Call(c.m, x).To(torch.Float64))) })
		if cases[name].precision > 0 {
			step, _ := g.Values[g.Outputs[0]].Range.Uint8()
			cases[name] = of{c.m, c.convs, c.fused, step * 1.0001}
		}
	}
	for i, r := range runAll(t, jobs) {
		name, c := names[i], cases[names[i]]
		if r.Error != "" {
			continue
		}
		got := r.Outputs[0].Data
		if c.precision > 0 {
			parity.Close(t, name, got, plans[i], c.precision)
		}
		ours, theirs := distance(plans[i], exact[i]), distance(got, exact[i])
		if theirs > 1.25*ours {
			t.Errorf("%s: it is %g from float32, and the plan %g", name, theirs, ours)
		}
		if d := distance(got, plans[i]); d > 1.25*ours || ours == 0 {
			t.Errorf("%s: it is %g from the plan, which is %g from float32", name, d, ours)
		}
		if r.Fused["QLinearConv"] != c.convs || r.Ops["BatchNormalization"] != 0 {
			t.Errorf("%s: of %v ONNX Runtime makes %v, want %d QLinearConv", name, r.Ops, r.Fused, c.convs)
		}
		for op, n := range c.fused {
			if r.Fused[op] != n {
				t.Errorf("%s: %d %s, want %d: %v", name, r.Fused[op], op, n, r.Fused)
			}
		}
	}
}

// distance is the root of the mean square of two lists' differences.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum / float64(len(a)))
}

// What isn't measured stays float32, as do weights that bytes can't hold; a bias beyond what a channel's weights would let int32 hold stays what it is;
// weights in bytes take a quarter.
func TestInt8Edges(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(9)
	dir := t.TempDir()
	x := s.Randn(2, 16, 8, 8)
	build := func() (nn.Module, []*nn.Conv2d) {
		convs := []*nn.Conv2d{nn.NewConv2d(16, 64, 3), nn.NewConv2d(64, 64, 3), nn.NewConv2d(64, 16, 3)}
		return nn.NewSequential(convs[0], nn.NewBatchNorm(64), &nn.ReLU{}, convs[1], &nn.ReLU{}, convs[2]), convs
	}
	var jobs []job
	var wants []int
	sizes := map[string]int64{}
	for name, of := range parity.Sorted(map[string]struct {
		opts   []plan.CalibrateOption
		change func(convs []*nn.Conv2d)
		bytes  int // QuantizeLinear and DequantizeLinear of weights
	}{
		"all":        {nil, nil, 3},
		"percentile": {[]plan.CalibrateOption{plan.Percentile(99.9)}, nil, 3},
		"first":      {[]plan.CalibrateOption{plan.FloatFirst()}, nil, 2},
		"last":       {[]plan.CalibrateOption{plan.FloatLast()}, nil, 2},
		"tiny weights": {nil, func(convs []*nn.Conv2d) {
			convs[2].Weight.Narrow(0, 3, 1).MulScalar_(1e-12)
			convs[2].Bias.Fill_(3)
		}, 3},
		"no weights": {nil, func(convs []*nn.Conv2d) { convs[2].Weight.Narrow(0, 3, 1).Zero_(); convs[2].Bias.Zero_() }, 3},
	}) {
		m, convs := build()
		defer nn.Close(m)
		if of.change != nil {
			torch.NoGrad(func() { of.change(convs) })
		}
		g, _ := measured(t, m, []*torch.Tensor{x, x}, of.opts...)
		state, err := nn.ToPTH(m)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Release()
		var want *torch.Tensor
		torch.NoGrad(func() { want = nn.Call(m, x) })
		j := newJob(t, dir, name, g, state, []*torch.Tensor{x}, []*torch.Tensor{want})
		info, err := os.Stat(j.File)
		if err != nil {
			t.Fatal(err)
		}
		jobs, wants, sizes[name] = append(jobs, j), append(wants, of.bytes), info.Size()
		if name == "all" { // the same without numbers
			for i := range g.Values {
				g.Values[i].Range = nil
			}
			j := newJob(t, dir, "float", g, state, []*torch.Tensor{x}, []*torch.Tensor{want})
			if info, err = os.Stat(j.File); err != nil {
				t.Fatal(err)
			}
			jobs, wants, sizes["float"] = append(jobs, j), append(wants, 0), info.Size()
		}
	}
	if sizes["all"]*3 > sizes["float"] {
		t.Errorf("bytes: %v", sizes)
	}
	var all []parity.ONNXJob
	for _, j := range jobs {
		all = append(all, j.ONNXJob)
	}
	for i, r := range parity.ONNX(t, all) {
		j := jobs[i]
		if r.Error != "" {
			t.Errorf("%s: %s", j.name, r.Error)
			continue
		}
		if n := r.Ops["DequantizeLinear"] - r.Ops["QuantizeLinear"]; n != 2*wants[i] { // a weight and a bias each
			t.Errorf("%s: %v, want %d convolutions in bytes", j.name, r.Ops, wants[i])
		}
		got, want := r.Outputs[0].Data, j.want[0]
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		if d := distance(got, want); plan.Int8.Check() == nil && !(d < 0.02*largest) {
			t.Errorf("%s: it is %g off, of %g", j.name, d, largest)
		}
	}
}

// A weight that isn't finite isn't put into bytes, where it would become a number.
func TestInt8KeepsNaN(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	m := conv(4, 4).(*nn.Conv2d)
	defer nn.Close(m)
	x := s.Randn(2, 4, 6, 6)
	g, _ := measured(t, m, []*torch.Tensor{x})
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		torch.NoGrad(func() { m.Weight.Narrow(0, 1, 1).Fill_(v) })
		state, err := nn.ToPTH(m)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Release()
		if text := written(t, g, state); strings.Contains(text, "QuantizeLinear") {
			t.Errorf("%v is put into bytes", v)
		}
	}
	g.Values[g.Inputs[0]].Range = &graph.Range{Low: 2, High: 1}
	if err := g.Check(); err == nil || !strings.Contains(err.Error(), "lies between 2 and 1") {
		t.Error(err)
	}
}

// written is what Write writes.
func written(t *testing.T, g *graph.Graph, state *pth.Dict) string {
	t.Helper()
	var b strings.Builder
	if err := onnx.Write(&b, g, state, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
