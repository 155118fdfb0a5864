package plan_test

import (
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

func batches(xs ...*torch.Tensor) iter.Seq2[[]*torch.Tensor, error] {
	return func(yield func([]*torch.Tensor, error) bool) {
		for _, x := range xs {
			if !yield([]*torch.Tensor{x}, nil) {
				return
			}
		}
	}
}

// planInBytes measures a graph on inputs, and makes its plan for the first of them, whose operations are to be want. The caller closes it.
func planInBytes(t *testing.T, g *graph.Graph, weights map[string]*torch.Tensor, want string, xs []*torch.Tensor, opts ...plan.CalibrateOption) *plan.Plan {
	t.Helper()
	var err error
	torch.NoGrad(func() { err = plan.Calibrate(g, weights, batches(xs...), opts...) })
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(g, weights, plan.Int8, xs[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := ops(p.Graph()); got != want {
		t.Errorf("the plan is\n%s\nwant\n%s", got, want)
	}
	return p
}

// Convolutions and linear layers of a calibrated graph compute in bytes, and sums between them, and outputs stay near.
func TestInt8(t *testing.T) {
	if err := plan.Int8.Check(); err != nil {
		t.Skip(err)
	}
	collector.Off(t)
	torch.ManualSeed(8)
	before := torch.LiveTensors()
	const q = "qconv2d_pointwise"
	const in, out = "contiguous quantize_per_tensor int_repr ", " _make_per_tensor_quantized_tensor dequantize.self"
	const ql, bytes = "qlinear_pointwise", "quantize_per_tensor int_repr "
	image, tokens := []int64{4, 8, 12, 10}, []int64{4, 7, 8}
	norm, lin := func() nn.Module { return nn.NewBatchNorm(8) }, func() nn.Module { return nn.NewLinear(8, 8) }
	two := func() nn.Module { return seq(conv(8, 8), norm(), &nn.ReLU{}, conv(8, 8)) }
	for name, of := range parity.Sorted(map[string]struct {
		m     nn.Module
		shape []int64
		want  string
	}{
		"conv":                        {seq(conv(8, 8), norm(), &nn.ReLU{}), image, in + q + ",relu" + out},
		"negative":                    {conv(8, 8), image, in + q + out},
		"depthwise":                   {seq(conv(8, 8, nn.Groups(8)), op("aten::relu6")), image, in + q + ",hardtanh" + out},
		"swish":                       {seq(conv(8, 8), op("aten::silu")), image, in + q + ",swish" + out},
		"gelu stays":                  {seq(conv(8, 8), op("aten::gelu")), image, "contiguous _convolution_pointwise,gelu"},
		"pooled":                      {seq(conv(8, 8), &nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1}, conv(8, 8)), image, in + q + out + " max_pool2d quantize_per_tensor int_repr " + q + out},
		"residual":                    {seq(conv(8, 8), skip(two(), add), &nn.ReLU{}), image, in + q + " " + q + ",relu " + q + ".binary,sum,relu" + out},
		"residual, used on":           {seq(conv(8, 8), skip(skip(two(), add), add)), image, in + q + " " + q + ",relu clone " + q + ".binary,sum" + out + out + " add.Tensor"},
		"a residual in another order": {both(conv(8, 8), permute(0, 1, 3, 2), add), []int64{4, 8, 10, 10}, "contiguous permute " + bytes + bytes + "contiguous " + q + ".binary,sum" + out},
		"residual of itself":          {seq(conv(8, 8), skip(conv(8, 8), add)), image, in + q + " clone " + q + ".binary,sum" + out},
		"of the input":                {skip(two(), add), image, in + q + ",relu contiguous " + q + ".binary,sum" + out},
		"a head": {seq(conv(8, 8), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 3)), image,
			in + q + ",relu" + out + " adaptive_avg_pool2d flatten.using_ints _linear_pointwise"},
		"tokens":                         {lin(), tokens, bytes + ql},
		"tokens, activated":              {seq(lin(), op("aten::gelu"), lin()), tokens, bytes + ql + ",gelu " + ql},
		"tokens, leaky":                  {seq(lin(), op("aten::leaky_relu", 0.1), lin(), op("aten::tanh")), tokens, bytes + ql + ",leaky_relu " + ql + ",tanh"},
		"tokens, sigmoid":                {seq(lin(), op("aten::sigmoid")), tokens, "_linear_pointwise,sigmoid"},
		"tokens, no bias":                {nn.NewLinear(8, 8, nn.NoBias()), tokens, bytes + ql},
		"tokens, a sum":                  {seq(skip(lin(), add), lin()), tokens, bytes + "contiguous " + ql + ".binary,add " + ql},
		"tokens, a sum in another order": {both(lin(), permute(0, 2, 1), add), []int64{4, 8, 8}, "permute " + bytes + "contiguous " + ql + ".binary,add"},
		"tokens, used on":                {seq(lin(), skip(lin(), add)), tokens, bytes + ql + out + " contiguous " + ql + ".binary,add"},
		"tokens, a product":              {skip(lin(), func(y, x *torch.Tensor) *torch.Tensor { return y.Mul(x) }), tokens, "_linear_pointwise.binary,mul"},
		"tokens, normed":                 {seq(nn.NewLayerNorm(8), lin(), op("aten::gelu"), lin()), tokens, "layer_norm " + bytes + ql + ",gelu " + ql},
		"one vector":                     {seq(lin(), op("aten::gelu"), lin()), []int64{4, 8}, "_linear_pointwise,gelu _linear_pointwise"},
		"ConvNeXt's block": {skip(seq(conv(8, 8, nn.Groups(8)), permute(0, 2, 3, 1), nn.NewLayerNorm(8), nn.NewLinear(8, 32), op("aten::gelu"), nn.NewLinear(32, 8), gained(8), permute(0, 3, 1, 2)), add), image,
			in + q + out + " permute layer_norm " + bytes + ql + ",gelu permute contiguous " + ql + ".binary,add permute"},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			x := s.Randn(of.shape...)
			g, weights := prepared(t, s, of.m, x)
			torch.NoGrad(func() {
				p := planInBytes(t, g, weights, of.want, []*torch.Tensor{x, s.Randn(of.shape...)})
				defer p.Close()
				for _, n := range []int64{1, 4} {
					x := x.Narrow(0, 0, n)
					want := nn.Call(of.m, x.Clone())
					fake, err := plan.FakeQuantize(g, weights, nil, x)
					if (strings.Contains(of.want, q) || strings.Contains(of.want, ql)) == (err != nil) {
						t.Fatal(err)
					}
					for range 2 { // nothing is written to that a second run needs
						got, err := p.Run(x)
						if err != nil {
							t.Fatal(err)
						}
						if d := plan.Difference(got[0], want); !(d < 0.06) {
							t.Errorf("a batch of %d is off by %g", n, d)
						}
						if fake != nil {
							sameBytes(t, g, got[0], fake[0])
						}
					}
				}
			})
		})
		nn.Close(of.m)
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// A graph that isn't calibrated runs in float32, and nothing to calibrate by is an error.
func TestInt8NeedsNumbers(t *testing.T) {
	torch.ManualSeed(9)
	s := torch.NewScope()
	defer s.Close()
	m := conv(8, 8)
	defer nn.Close(m)
	g, weights := prepared(t, s, m, s.Randn(2, 8, 6, 6))
	if err := plan.Calibrate(g, weights, batches()); err == nil {
		t.Error("no batch, and no error")
	}
	if err := plan.Calibrate(g, weights, batches(s.Randn(2, 8, 6, 6).MulScalar(1e30).MulScalar(1e30))); err == nil {
		t.Error("infinity, and no error")
	}
}

// Percentile leaves out what is rare at each end, FloatFirst and FloatLast what they name; and what makes no sense is an error.
func TestCalibrateOptions(t *testing.T) {
	torch.ManualSeed(10)
	s := torch.NewScope()
	defer s.Close()
	m := seq(conv(8, 8), &nn.ReLU{}, conv(8, 8), nn.NewBatchNorm(8), &nn.ReLU{})
	defer nn.Close(m)
	x := s.Rand(1, 8, 50, 50).MulScalar(2).AddScalar(-1) // even between -1 and 1, but for two outliers
	torch.NoGrad(func() {
		x.View(-1).Narrow(0, 7, 1).Fill_(30)
		x.View(-1).Narrow(0, 9, 1).Fill_(-20)
	})
	g, weights := prepared(t, s, m, x)
	calibrate := func(opts ...plan.CalibrateOption) (measured []*graph.Range, err error) {
		torch.NoGrad(func() { err = plan.Calibrate(g, weights, batches(x, x), opts...) })
		for _, n := range g.Nodes {
			if n.Op == "aten::conv2d" {
				measured = append(measured, g.Values[n.Args["input"].(graph.Ref)].Range)
			}
		}
		return append(measured, g.Values[g.Outputs[0]].Range), err
	}
	for name, of := range parity.Sorted(map[string]struct {
		opts      []plan.CalibrateOption
		low, high float64 // of the input
		quantised int     // convolutions
	}{
		"all":            {nil, -20, 30, 2},
		"percentile 100": {[]plan.CalibrateOption{plan.Percentile(100)}, -20, 30, 2},
		"percentile 99":  {[]plan.CalibrateOption{plan.Percentile(99)}, -0.98, 0.98, 2},
		"first":          {[]plan.CalibrateOption{plan.FloatFirst()}, -20, 30, 1},
		"last":           {[]plan.CalibrateOption{plan.FloatLast()}, -20, 30, 1},
		"both":           {[]plan.CalibrateOption{plan.FloatFirst(), plan.FloatLast(), plan.Percentile(99)}, -0.98, 0.98, 0},
	}) {
		t.Run(name, func(t *testing.T) {
			measured, err := calibrate(of.opts...)
			if err != nil {
				t.Fatal(err)
			}
			const width = 50.0 / 4096 // of a bin
			if r := measured[0]; r == nil || math.Abs(r.Low-of.low) > 2*width || math.Abs(r.High-of.high) > 2*width {
				t.Errorf("the input lies in %v, want %v to %v", r, of.low, of.high)
			}
			if plan.Int8.Check() != nil {
				return
			}
			p, err := plan.New(g, weights, plan.Int8, x)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if n := strings.Count(ops(p.Graph()), "qconv2d_pointwise"); n != of.quantised {
				t.Errorf("%d convolutions compute in bytes, want %d: %s", n, of.quantised, ops(p.Graph()))
			}
		})
	}
	for _, p := range []float64{50, 100.5, -1, math.NaN()} {
		if _, err := calibrate(plan.Percentile(p)); err == nil || !strings.Contains(err.Error(), "want a number above 50") {
			t.Errorf("percentile %v: %v", p, err)
		}
	}
}
