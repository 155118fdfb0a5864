package plan_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

// dtypes are the fused layers of a plan with what their weights are in.
func dtypes(g *graph.Graph) (all []string) {
	for _, n := range g.Nodes {
		if w, ok := n.Args["W"].(graph.Ref); ok {
			all = append(all, g.Values[w].DType)
		}
	}
	return all
}

// In bfloat16 the first and the last layer stay in float32 where that is chosen, with inputs and outputs that were never rounded; nothing is
// converted for nobody.
func TestLeaveFloat(t *testing.T) {
	if err := plan.BFloat16.Check(); err != nil {
		t.Skip(err)
	}
	torch.ManualSeed(31)
	const cast, f32, b16 = "to.dtype ", "float32", "bfloat16"
	one, first, last := func() nn.Module { return seq(conv(8, 8), &nn.ReLU{}) }, plan.FloatFirst(), plan.FloatLast()
	three := func() nn.Module {
		return seq(conv(8, 8), skip(conv(8, 8), add), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(8, 3))
	}
	const pooled = "adaptive_avg_pool2d flatten.using_ints "
	for name, of := range parity.Sorted(map[string]struct {
		m      nn.Module
		opts   []plan.FloatOption
		want   string
		layers []string
	}{
		"nothing":            {three(), nil, laid + cast + c + " " + c + ".binary,add,relu " + pooled + l + " to.dtype", []string{b16, b16, b16}},
		"first":              {three(), []plan.FloatOption{first}, laid + c + " " + cast + c + ".binary,add,relu " + pooled + l + " to.dtype", []string{f32, b16, b16}},
		"last":               {three(), []plan.FloatOption{last}, laid + cast + c + " " + c + ".binary,add,relu " + pooled + cast + l, []string{b16, b16, f32}},
		"both":               {three(), []plan.FloatOption{first, last}, laid + c + " " + cast + c + ".binary,add,relu " + pooled + cast + l, []string{f32, b16, f32}},
		"the only one":       {one(), []plan.FloatOption{last}, laid + c + ",relu", []string{f32}},
		"a sum of the input": {skip(conv(8, 8), add), []plan.FloatOption{first}, laid + c + ".binary,add", []string{f32}},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			defer nn.Close(of.m)
			x := s.Randn(2, 8, 9, 7)
			g, weights := prepared(t, s, of.m, x)
			if err := plan.LeaveFloat(g, of.opts...); err != nil {
				t.Fatal(err)
			}
			p, err := plan.New(g, weights, plan.BFloat16, x)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if got := ops(p.Graph()); got != of.want {
				t.Errorf("the plan is\n%s\nwant\n%s", got, of.want)
			}
			if got := dtypes(p.Graph()); !slices.Equal(got, of.layers) {
				t.Errorf("layers are in %v, want %v", got, of.layers)
			}
			got, err := p.Run(x)
			if err != nil {
				t.Fatal(err)
			}
			torch.NoGrad(func() {
				d := plan.Difference(got[0], nn.Call(of.m, x))
				if exact := len(of.layers) == 1; !(d < p.Tolerance()) || exact && d > 1e-5 {
					t.Errorf("it is off by %g", d)
				}
			})
		})
	}
}

// In bytes the first and the last layer are linear ones, too, but for those behind the pooling, which are always in float32.
func TestLeaveFloatInBytes(t *testing.T) {
	if err := plan.Int8.Check(); err != nil {
		t.Skip(err)
	}
	torch.ManualSeed(32)
	const q, to, l = "qlinear_pointwise", "quantize_per_tensor int_repr ", "_linear_pointwise"
	lin := func() nn.Module { return nn.NewLinear(8, 8) }
	mean := act(func(x *torch.Tensor) *torch.Tensor { return x.Mean(1) })
	m := seq(lin(), lin(), lin(), mean, lin())
	defer nn.Close(m)
	first, last := plan.FloatFirst(), plan.FloatLast()
	for name, of := range parity.Sorted(map[string]struct {
		opts []plan.CalibrateOption
		want string
	}{
		"nothing": {nil, to + q + " " + q + " " + q + " mean.dim " + l},
		"first":   {[]plan.CalibrateOption{first}, l + " " + to + q + " " + q + " mean.dim " + l},
		"last":    {[]plan.CalibrateOption{last}, to + q + " " + q + " " + l + " mean.dim " + l},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			x := s.Randn(2, 5, 8)
			g, weights := prepared(t, s, m, x)
			planInBytes(t, g, weights, of.want, []*torch.Tensor{x}, of.opts...).Close()
		})
	}
}
