package models_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// smallest are the smallest members of the families.
var smallest = []string{
	"torchvision/alexnet", "torchvision/vgg11", "torchvision/squeezenet1_1", "torchvision/densenet121", "torchvision/googlenet",
	"torchvision/inception_v3", "torchvision/mobilenet_v2", "torchvision/mobilenet_v3_small", "torchvision/mnasnet0_5",
	"torchvision/shufflenet_v2_x0_5", "torchvision/resnet18", "torchvision/resnext50_32x4d", "torchvision/efficientnet_b0",
	"torchvision/efficientnet_v2_s", "torchvision/regnet_x_400mf", "torchvision/regnet_y_400mf", "torchvision/convnext_tiny", "torchvision/vit_b_32",
	"torchvision/swin_t", "torchvision/swin_v2_t", "torchvision/maxvit_t",
	"timm/tf_efficientnet_lite0", "timm/efficientnet_b0", "timm/tf_efficientnetv2_s", "timm/mobilenetv3_large_100", "timm/convnext_atto", "timm/convnextv2_atto",
	"timm/resnet18d", "timm/resnet26t", "timm/seresnext50_32x4d", "timm/vit_tiny_patch16_224", "timm/deit3_small_patch16_224",
	"timm/swin_tiny_patch4_window7_224", "timm/levit_256", "timm/regnety_016",
	"fastai/xresnet18", "fastai/xse_resnet50", "fastai/xse_resnext18_deep", "fastai/xresnext18", "fastai/xresnet18_ssa",
}

// caseOf is a model's proof with small pictures, where it takes such.
func caseOf(name string) proof {
	c := proof{Name: name, Classes: 5, N: 2, Size: 64, Seed: 3, DType: "float64", Train: true}
	switch a, err := models.Get(name); {
	case path.Base(name) == "inception_v3": // its auxiliary head sees one place, whose norm needs several images
		c.Size, c.N = 299, 3
	case err == nil && a.Size > 0:
		c.Size, c.N = a.Size, 1
		if strings.HasPrefix(path.Base(name), "levit") { // which ends with a norm of one place
			c.N = 2
		}
	}
	return c
}

func build(t *testing.T, name string) func(classes int64) nn.Module {
	t.Helper()
	a, err := models.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return a.New
}

// tolerance is how far a tensor may be from Python's, relative to its largest element.
const tolerance = 1e-9

// The smallest member of each family is Python's: in its first weights, and in what it computes and derives from any. An eps or an
// activation that is another would be seen.
func TestFamiliesEqualPython(t *testing.T) {
	var cases []proof
	for _, name := range smallest {
		if strings.HasPrefix(name, "timm/") && !parity.HasModule(t, "timm") {
			continue
		}
		c := caseOf(name)
		if c.Size == 299 { // which takes long
			c.Size, c.N, c.Train = 96, 2, false
		}
		cases = append(cases, c)
	}
	results := provePython(t, cases)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			collector.Off(t)
			worst, where := prove(t, c, build(t, c.Name), results[i])
			if !(worst <= tolerance) {
				t.Errorf("%s differs by %g of its largest element", where, worst)
			}
			t.Logf("at most %.1g (%s)", worst, where)
		})
	}
}

// Each family is traced, runs in bfloat16 and in channels-last, and frees what it makes.
func TestFamiliesRunInAllWays(t *testing.T) {
	for _, name := range smallest {
		t.Run(name, func(t *testing.T) {
			collector.Off(t)
			before := torch.LiveTensors()
			c := caseOf(name)
			c.Size = min(c.Size, 224)
			torch.ManualSeed(1)
			m := build(t, name)(c.Classes)
			nn.Eval(m)
			s := torch.NewScope()
			x := s.Randn(2, 3, c.Size, c.Size)
			if g, err := nn.Trace(m, x); err != nil {
				t.Error(err)
			} else if len(g.Nodes) == 0 {
				t.Error("an empty graph")
			}
			torch.NoGrad(func() {
				want := m.Forward(x)
				tensors := s.Len()
				m.Forward(x).Close()
				if n := s.Len() - tensors; n != 0 {
					t.Errorf("a pass leaves %d tensors", n)
				}
				close := func(how string, got *torch.Tensor, tol float64) {
					d, largest := got.To(torch.Float32).Sub(want).Abs().Max().Item(), want.Abs().Max().Item()
					if !(d <= tol*largest) {
						t.Errorf("%s: off by %g of %g", how, d, largest)
					}
				}
				nn.ToFormat(m, torch.ChannelsLast)
				close("channels-last", m.Forward(x.ToFormat(torch.ChannelsLast)), 1e-4)
				if away := leavesLayout(m, x); away != "" {
					t.Errorf("%s gets pictures in row-major order", away)
				}
				nn.To(m, torch.BFloat16)
				if got := m.Forward(x.To(torch.BFloat16)); got.DType() != torch.BFloat16 || got.Isfinite().All().ItemInt() != 1 {
					t.Errorf("bfloat16: %v", got)
				}
			})
			s.Close()
			state := len(nn.StateDict(m))
			nn.Close(m)
			if got := torch.LiveTensors() - before; got > 2*int64(state) { // the casts have no scope
				t.Errorf("%d tensors live", got)
			}
		})
	}
}

// Names are found, and listed by patterns.
func TestNamesAndLists(t *testing.T) {
	if got := models.List("torchvision/*"); len(got) != 80 {
		t.Errorf("%d of torchvision's 80: %v", len(got), got)
	}
	if got := models.List("convnext_t*"); !slices.Equal(got, []string{"convnext_tiny", "torchvision/convnext_tiny"}) {
		t.Error(got)
	}
	if got := models.List("resnet1*", "alex*"); !slices.Equal(got, []string{"alexnet", "resnet101", "resnet101d", "resnet152", "resnet18", "resnet18d"}) {
		t.Error(got)
	}
	for _, name := range models.List() {
		a, err := models.Get(name)
		if err != nil || a.Name != name || a.New == nil || a.Mean == nil || len(a.Mean) != len(a.Std) {
			t.Errorf("%s: %+v %v", name, a, err)
		}
	}
	if _, err := models.Get("resnet19"); err == nil || !strings.Contains(err.Error(), "resnet101") {
		t.Error(err)
	}
	if _, err := models.Get(""); err == nil {
		t.Error("an empty name")
	}
}

// leavesLayout names a depthwise convolution of a model with its channels last that is given pictures in row-major order, and so copies them; "" if none is.
func leavesLayout(m nn.Module, x *torch.Tensor) (name string) {
	var remove []func()
	nn.Walk(m, func(at string, m nn.Module) {
		if c, ok := m.(*nn.Conv2d); ok && c.Weight.Size(0) > 1 && c.Weight.Size(1) == 1 {
			remove = append(remove, nn.OnForward(c, nil, func(x, _ *torch.Tensor) {
				if !x.IsContiguous(torch.ChannelsLast) {
					name = at
				}
			}))
		}
	})
	nn.Call(m, x.ToFormat(torch.ChannelsLast)).Close()
	for _, f := range remove {
		f()
	}
	return name
}
