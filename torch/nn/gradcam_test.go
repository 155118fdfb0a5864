package nn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// camModel has a body that works in place, and a head.
func camModel() (model, body *nn.Sequential) {
	body = nn.NewSequential(nn.NewConv2d(3, 4, 3), nn.NewBatchNorm(4), &nn.ReLU{}, nn.NewConv2d(4, 6, 3, nn.Stride(2)), &nn.ReLU{InPlace: true})
	return nn.NewSequential(body, nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(6, 3))), body
}

// The maps are those of the book's code, at the body and within it, of each item and class, with parameters that are
// frozen, and the gradients, modes and flags of parameters stay.
func TestGradCAMEqualsTheBooks(t *testing.T) {
	collector.Off(t)
	classes := []int64{0, 2}
	var want struct {
		Maps    [][]float64
		Weights map[string][]float64
	}
	parity.Python(t, "gradcam.py", map[string]any{"seed": 5, "classes": classes}, &want)
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(5)
	m, body := camModel()
	defer nn.Close(m)
	nn.To(m, torch.Float64)
	nn.Eval(m)
	for _, w := range nn.StateDict(m) {
		parity.Close(t, w.Name, torch.ToSlice[float64](w.To(torch.Float64).Flatten(0, -1)), want.Weights[w.Name], 0)
	}
	nn.Parameters(m)[0].RequiresGrad_(false)
	x := torch.FromSlice(s, sines(2*3*12*10), 2, 3, 12, 10)
	before := torch.LiveTensors()
	i := 0
	for _, layer := range []nn.Module{body, body.Modules()[2]} {
		for _, class := range classes {
			cam := nn.GradCAM(m, layer, x, func(y *torch.Tensor) *torch.Tensor { return y.Select(1, class).Sum() })
			parity.Close(t, "map", torch.ToSlice[float64](cam), want.Maps[i], 1e-12)
			cam.Close()
			i++
		}
	}
	for i, p := range nn.NamedParameters(m) {
		if g := p.Grad(); g != nil || p.RequiresGrad() != (i > 0) {
			t.Errorf("%s has gradient %v, and requires one: %v", p.Name, g, p.RequiresGrad())
		}
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
}

func sines(n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = math.Sin(float64(i))
	}
	return all
}

// What has no map is an error that says what to do, and nothing is left behind.
func TestGradCAMRefuses(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	m, body := camModel()
	defer nn.Close(m)
	other := &nn.ReLU{}
	x := torch.FromSlice(s, sines(3*12*10), 1, 3, 12, 10).To(torch.Float32)
	sum := func(y *torch.Tensor) *torch.Tensor { return y.Sum() }
	for want, f := range parity.Sorted(map[string]func(){
		"the layer didn't run": func() { nn.GradCAM(m, other, x, sum) },
		"has the shape [1 3]":  func() { nn.GradCAM(m, m, x, sum) },
		"doesn't depend": func() {
			nn.GradCAM(m, body, x, func(y *torch.Tensor) *torch.Tensor { return sum(x.Detach().RequiresGrad_(true)) })
		},
		"the input is int64":        func() { nn.GradCAM(m, body, x.To(torch.Int64), sum) },
		"grad can be implicitly cr": func() { nn.GradCAM(m, body, x, func(y *torch.Tensor) *torch.Tensor { return y }) },
	}) {
		if err := torch.Try(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for _, p := range nn.Parameters(m) {
		if !p.RequiresGrad() {
			t.Error("a parameter stays frozen")
		}
	}
}
