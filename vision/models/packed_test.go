package models_test

import (
	"regexp"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// Packed convolutions, with their batch norms folded in, change nothing in blocks of either kind; nor does a plan, in pictures of other sizes either.
func TestPacked(t *testing.T) {
	torch.ManualSeed(3)
	for name, m := range parity.Sorted(map[string]nn.Module{"resnet18": models.ResNet18(10), "resnet50": models.ResNet50(10)}) {
		s := torch.NewScope()
		x := s.Randn(2, 3, 64, 64)
		torch.NoGrad(func() {
			for range 3 {
				m.Forward(x) // gives the norms statistics
			}
			nn.Eval(m)
			want := m.Forward(x)
			scale := want.Abs().Max().Item()
			same := func(how string) {
				if d := m.Forward(x).Sub(want).Abs().Max().Item(); !(d <= parity.Rounding(parity.Float32, 9*512, scale)) {
					t.Errorf("%s, %s: off by %g of %g", name, how, d, scale)
				}
			}
			for range 3 {
				nn.Packed(m, func() { same("beside its weights") })
			}
			nn.Unpack(m)
			planned(t, name, m, x, s.Randn(3, 3, 80, 48))
		})
		s.Close()
		nn.Close(m)
	}
}

// planned holds m's plan, for inputs such as x, against m on other inputs.
func planned(t *testing.T, name string, m nn.Module, x, other *torch.Tensor) {
	t.Helper()
	g, err := nn.Trace(m, x)
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string]*torch.Tensor{}
	for _, w := range nn.StateDict(m) {
		weights[w.Name] = w.Tensor
	}
	p, err := plan.New(g, weights, plan.Float32, x)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if torch.HasOneDNN() && regexp.MustCompile(`aten::(conv2d|batch_norm|relu_?|add_?|linear)\b`).MatchString(p.Graph().String()) {
		t.Errorf("%s: not all is fused:\n%v", name, p.Graph())
	}
	p.AllowAnySize()
	for _, x := range []*torch.Tensor{x, other} {
		got, err := p.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		if d := plan.Difference(got[0], m.Forward(x)); !(d < 1e-5) {
			t.Errorf("%s: the plan is off by %g", name, d)
		}
	}
	if plan.Int8.Check() != nil {
		return
	}
	if err := plan.Calibrate(g, weights, func(yield func([]*torch.Tensor, error) bool) { yield([]*torch.Tensor{x}, nil) }); err != nil {
		t.Fatal(err)
	}
	bytes, err := plan.New(g, weights, plan.Int8, x)
	if err != nil {
		t.Fatal(err)
	}
	defer bytes.Close()
	got, err := bytes.Run(x)
	if err != nil {
		t.Fatal(err)
	}
	if d := plan.Difference(got[0], m.Forward(x)); !(d < 0.1) {
		t.Errorf("%s: in bytes the plan is off by %g", name, d)
	}
}
