package fastlearn_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/redraw"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// bodies are one of each family, with the error of fastai where it has one, and "nonsense" where it cuts too early.
var bodies = [][2]string{
	{"torchvision/alexnet"}, {"torchvision/vgg11"}, {"torchvision/vgg11_bn"}, {"torchvision/efficientnet_v2_s"}, {"torchvision/regnet_x_400mf"}, {"torchvision/swin_v2_t"},
	{"torchvision/squeezenet1_1"}, {"torchvision/densenet121"}, {"torchvision/mobilenet_v3_small"}, {"torchvision/resnet18"},
	{"torchvision/resnext50_32x4d"}, {"torchvision/efficientnet_b0"}, {"torchvision/regnet_y_400mf"}, {"torchvision/convnext_tiny"}, {"torchvision/swin_t"},
	{"torchvision/googlenet", "RuntimeError"}, {"torchvision/inception_v3", "RuntimeError"}, {"torchvision/mobilenet_v2", "StopIteration"},
	{"torchvision/mnasnet0_5", "StopIteration"}, {"torchvision/shufflenet_v2_x0_5", "nonsense"}, {"torchvision/maxvit_t", "NotImplementedError"},
	{"torchvision/vit_b_32", "StopIteration"},
	{"timm/tf_efficientnet_lite0"}, {"timm/efficientnet_b0"}, {"timm/mobilenetv3_large_100"}, {"timm/convnext_atto"}, {"timm/convnextv2_atto"}, {"timm/resnet18d"},
	{"timm/seresnext50_32x4d"}, {"timm/tf_efficientnetv2_s"}, {"timm/regnety_016"}, {"timm/levit_256"}, {"timm/swin_tiny_patch4_window7_224", "RuntimeError"}, {"timm/vit_tiny_patch16_224"}, {"timm/deit3_small_patch16_224"},
	{"fastai/xresnet18"}, {"fastai/xse_resnet18"}, {"fastai/xresnext18"}, {"fastai/xresnet18_ssa"}, {"fastai/xsenet154", "TypeError"},
}

// Body, head and groups of each family are fastai's, and so are the logits; where fastai fails or cuts too early, ours run.
func TestBodiesEqualFastai(t *testing.T) {
	type job struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
	}
	if err := exec.Command(parity.Interpreter(t), "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('timm') is None)").Run(); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("Python lacks timm: run make test, which sets it up")
		}
		t.Fatal("Python lacks timm: run make test, which sets it up")
	}
	var jobs []job
	for _, b := range bodies {
		a, err := models.Get(b[0])
		if err != nil {
			t.Fatal(err)
		}
		size := max(a.Size, 64)
		if b[0] == "torchvision/inception_v3" {
			size = 128
		}
		jobs = append(jobs, job{b[0], size})
	}
	var theirs []struct {
		Error  string
		Keys   []string
		Groups [][]string
		Logits []float64
	}
	parity.Python(t, "bodies.py", jobs, &theirs)
	for i, b := range bodies {
		t.Run(b[0], func(t *testing.T) {
			want := theirs[i]
			arch, err := models.Get(b[0])
			if err != nil {
				t.Fatal(err)
			}
			m, err := fastlearn.NewVisionModel(arch, 3, 3)
			if err != nil {
				t.Fatal(err)
			}
			defer nn.Close(m)
			var keys []string
			for _, n := range nn.StateDict(m) {
				keys = append(keys, n.Name+" "+strings.ReplaceAll(fmt.Sprint(n.Shape()), " ", ", "))
			}
			s := torch.NewScope()
			defer s.Close()
			nn.To(m, torch.Float64)
			nn.Eval(m)
			torch.ManualSeed(1)
			for _, n := range nn.StateDict(m) {
				redraw.Entry(n)
			}
			x := s.With(torch.Float64).Empty(2, 3, jobs[i].Size, jobs[i].Size).Uniform_(-2, 2)
			var logits []float64
			torch.NoGrad(func() { logits = torch.ToSlice[float64](m.Forward(x)) })
			groups := groupNames(arch, m)
			if b[1] != "" {
				if nonsense := b[1] == "nonsense"; nonsense != (want.Error == "") || !nonsense && !strings.HasPrefix(want.Error, b[1]) {
					t.Errorf("fastai: %q, not %s", want.Error, b[1])
				}
				if len(logits) != 6 || len(groups) != 2 || len(keys) < 30 {
					t.Errorf("%v, %d groups, %d keys", logits, len(groups), len(keys))
				}
				return
			}
			if want.Error != "" {
				t.Fatal(want.Error)
			}
			if !slices.Equal(keys, want.Keys) {
				t.Fatalf("keys %v\nwant %v", keys, want.Keys)
			}
			if !slices.EqualFunc(groups, want.Groups, slices.Equal[[]string]) {
				t.Errorf("groups %v\nwant %v", groups, want.Groups)
			}
			parity.Close(t, "logits", logits, want.Logits, 1e-9*parity.Largest(want.Logits))
		})
	}
}

// groupNames are the names of the parameters in each group.
func groupNames(arch vision.Arch, m nn.Module) (groups [][]string) {
	names := map[*torch.Tensor]string{}
	for _, p := range nn.NamedParameters(m) {
		names[p.Tensor] = p.Name
	}
	for _, g := range fastlearn.VisionGroups(arch)(m) {
		var group []string
		for _, p := range g {
			group = append(group, names[p])
		}
		groups = append(groups, group)
	}
	return groups
}
