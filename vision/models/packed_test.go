package models_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/redraw"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
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

// What is made of convolutions and linear layers in every way, with weights that are drawn anew, computes in bytes what it does in float32, nearly.
func TestFamiliesInBytes(t *testing.T) {
	if err := plan.Int8.Check(); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"torchvision/squeezenet1_1", "torchvision/mobilenet_v3_small", "torchvision/shufflenet_v2_x0_5", "torchvision/convnext_tiny", "torchvision/vit_b_32",
		"torchvision/swin_v2_t", "torchvision/maxvit_t", "timm/vit_tiny_patch16_224", "timm/levit_256", "fastai/xresnet18_ssa"} {
		t.Run(name, func(t *testing.T) {
			collector.Off(t)
			c := caseOf(name)
			torch.ManualSeed(1)
			m := build(t, name)(c.Classes)
			defer nn.Close(m)
			for _, n := range nn.StateDict(m) {
				redraw.Entry(n)
			}
			nn.Eval(m)
			s := torch.NewScope()
			defer s.Close()
			x := s.Randn(2, 3, min(c.Size, 224), min(c.Size, 224))
			g, weights := traced(t, m, x)
			torch.NoGrad(func() { inBytes(t, m, g, weights, x, 0.2) }) // MaxViT rounds a hundred and fifty times
		})
	}
}

func traced(t *testing.T, m nn.Module, x *torch.Tensor) (*graph.Graph, map[string]*torch.Tensor) {
	t.Helper()
	g, err := nn.Trace(m, x)
	if err != nil {
		t.Fatal(err)
	}
	weights := nn.StateMap(m)
	return g, weights
}

// planned holds m's plan, for inputs such as x, against m on other inputs.
func planned(t *testing.T, name string, m nn.Module, x, other *torch.Tensor) {
	t.Helper()
	g, weights := traced(t, m, x)
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
	inBytes(t, m, g, weights, x, 0.1)
}

// inBytes holds m's plan in bytes against m. Outputs may be off by a part of the largest.
func inBytes(t *testing.T, m nn.Module, g *graph.Graph, weights map[string]*torch.Tensor, x *torch.Tensor, most float64) {
	t.Helper()
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
	if !strings.Contains(bytes.Graph().String(), "onednn::q") {
		t.Error("nothing computes in bytes")
	}
	got, err := bytes.Run(x)
	if err != nil {
		t.Fatal(err)
	}
	if d := plan.Difference(got[0], m.Forward(x)); !(d < most) {
		t.Errorf("in bytes the plan is off by %g", d)
	}
}
