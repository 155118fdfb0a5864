package plan_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

// sameBytes holds a plan in bytes against the same rounded in float32: of a value on the border of two bytes, which sums in another order put to the
// other side, each output may be off by two steps, and few are.
func sameBytes(t *testing.T, g *graph.Graph, got, fake *torch.Tensor) {
	t.Helper()
	r := g.Values[g.Outputs[0]].Range
	step := 0.01 // of outputs that aren't in bytes
	if r != nil {
		step = (max(r.High, 0) - min(r.Low, 0)) / 255
	}
	apart := got.Sub(fake).Abs()
	if most := apart.Max().Item() / step; most > 2.01 {
		t.Errorf("rounded in float32 the plan's outputs are off by %g steps", most)
	}
	if part := apart.GtScalar(step / 2).To(torch.Float32).Mean().Item(); part > 0.02 {
		t.Errorf("rounded in float32 %g of the plan's outputs are others", part)
	}
}

// The gradients of what is rounded are those of what isn't, but for what is cut off; all weights have them, norms' too; ranges are shown once each.
func TestFakeQuantizeGradients(t *testing.T) {
	collector.Off(t)
	torch.ManualSeed(21)
	before := torch.LiveTensors()
	t.Run("convolutions", func(t *testing.T) { // the picture, and what the two make
		fakeGradients(t, seq(conv(3, 8), nn.NewBatchNorm(8), &nn.ReLU{}, skip(conv(8, 8), add), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 5)),
			[]int64{4, 3, 10, 10}, 3)
	})
	t.Run("linear layers", func(t *testing.T) { // what the three take
		fakeGradients(t, seq(nn.NewLinear(6, 8), op("aten::gelu"), skip(nn.NewLinear(8, 8), add), nn.NewLayerNorm(8), nn.NewLinear(8, 5)), []int64{4, 7, 6}, 3)
	})
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// fakeGradients compares a model's with those without rounding, where so many ranges are shown.
func fakeGradients(t *testing.T, m nn.Module, shape []int64, ranges int) {
	defer nn.Close(m)
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(shape...)
	g, weights := prepared(t, s, m, x)
	torch.NoGrad(func() {
		if err := plan.Calibrate(g, weights, batches(x)); err != nil {
			t.Fatal(err)
		}
	})
	seen := map[*graph.Range]int{}
	observe := func(r *graph.Range, v *torch.Tensor) {
		seen[r]++
		step := (r.High - r.Low) / 255 // what was rounded before may go beyond by
		if low, high := v.Detach().Min().Item(), v.Detach().Max().Item(); low < r.Low-step || high > r.High+step {
			t.Errorf("a value of the calibration's batch lies from %g to %g, beyond %v", low, high, *r)
		}
	}
	gradients := func(f func() *torch.Tensor) map[string][]float64 {
		step := torch.NewScope()
		defer step.Close()
		torch.ClearGrad(nn.Parameters(m))
		f().In(step).PowScalar(2).Mean().Backward()
		all := map[string][]float64{}
		for name, w := range weights {
			if !w.RequiresGrad() {
				continue
			}
			grad := w.In(step).Grad()
			if grad == nil {
				t.Fatalf("%s has no gradient", name)
			}
			all[name] = torch.ToSlice[float64](grad.To(torch.Float64))
		}
		return all
	}
	rounded := gradients(func() *torch.Tensor {
		y, err := plan.FakeQuantize(g, weights, observe, x.Clone())
		if err != nil {
			t.Fatal(err)
		}
		return y[0]
	})
	for name, want := range gradients(func() *torch.Tensor { return nn.Call(m, x.Clone()) }) {
		largest := 0.0
		for i := range want {
			largest = max(largest, math.Abs(want[i]))
		}
		for i, got := range rounded[name] {
			if !(math.Abs(got-want[i]) < 0.1*largest) {
				t.Errorf("%s: the gradient %d is %g, without rounding %g", name, i, got, want[i])
			}
		}
	}
	if len(seen) != ranges {
		t.Errorf("%d ranges are shown, want %d", len(seen), ranges)
	}
	for r, n := range seen {
		if n != 1 {
			t.Errorf("%v is shown %d times", *r, n)
		}
	}
	for r := range seen { // what is cut off has none
		r.Low, r.High = 0, 1e-6
	}
	for name, grads := range gradients(func() *torch.Tensor {
		y, err := plan.FakeQuantize(g, weights, nil, x.Clone())
		if err != nil {
			t.Fatal(err)
		}
		return y[0]
	}) {
		for i, v := range grads {
			if strings.HasPrefix(name, "0.") && v != 0 {
				t.Errorf("%s: all is cut off behind it, and its gradient %d is %g", name, i, v)
			}
		}
	}
	torch.ClearGrad(nn.Parameters(m))
}

// What can't be rounded is an error, and so are ranges of another graph.
func TestFakeQuantizeRefuses(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	m := seq(conv(3, 4), &nn.ReLU{})
	defer nn.Close(m)
	x := s.Randn(2, 3, 6, 6)
	g, weights := prepared(t, s, m, x)
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	_, err := plan.FakeQuantize(g, weights, nil, x)
	refused(err, "isn't calibrated")
	_, err = plan.FakeQuantize(g, nil, nil, x)
	refused(err, "is missing")
	_, err = plan.FakeQuantize(nil, weights, nil, x)
	refused(err, "nil")
	ranges := make([]*graph.Range, len(g.Values))
	refused(plan.Calibrate(g, weights, nil, plan.Ranges(nil)), "nothing was measured")
	refused(plan.Calibrate(g, weights, nil, plan.Ranges(ranges[1:])), "another model's")
	refused(plan.Calibrate(g, weights, nil, plan.Ranges(ranges), plan.Percentile(99)), "Percentile")
	refused(plan.Calibrate(g, weights, nil), "nil")
	for _, r := range []graph.Range{{Low: 1, High: 0}, {Low: math.NaN()}, {High: math.Inf(1)}} {
		ranges[g.Inputs[0]] = &r
		refused(plan.Calibrate(g, weights, nil, plan.Ranges(ranges)), "can't lie between")
	}
	ranges[g.Inputs[0]] = &graph.Range{Low: -3, High: 3}
	ranges[g.Outputs[0]] = &graph.Range{High: 4}
	if err := plan.Calibrate(g, weights, nil, plan.Ranges(ranges)); err != nil {
		t.Fatal(err)
	}
	ranges[g.Outputs[0]].High = 5
	if r := g.Values[g.Outputs[0]].Range; r == nil || r.High != 4 {
		t.Errorf("the graph's range is %v, want its own of 0 to 4", r)
	}
	if _, err := plan.FakeQuantize(g, weights, nil, x); err != nil {
		t.Error(err)
	}
	if err := plan.Calibrate(g, weights, nil, plan.Ranges(ranges, plan.FloatFirst())); err != nil {
		t.Fatal(err)
	}
	_, err = plan.FakeQuantize(g, weights, nil, x)
	refused(err, "has none that can")
}
