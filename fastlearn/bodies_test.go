package fastlearn_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/redraw"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// bodies are one of each family, and whether make test trains it beside fastai; make test-models trains all, see TestEveryBody.
var bodies = map[string]bool{
	"torchvision/alexnet": false, "torchvision/vgg11": false, "torchvision/vgg11_bn": false, "torchvision/efficientnet_v2_s": false, "torchvision/regnet_x_400mf": false,
	"torchvision/swin_v2_t": false, "torchvision/squeezenet1_1": true, "torchvision/densenet121": false, "torchvision/mobilenet_v3_small": true, "torchvision/resnet18": false,
	"torchvision/resnext50_32x4d": false, "torchvision/efficientnet_b0": false, "torchvision/regnet_y_400mf": false, "torchvision/convnext_tiny": false, "torchvision/swin_t": false,
	"torchvision/googlenet": false, "torchvision/inception_v3": false, "torchvision/mobilenet_v2": false, "torchvision/mnasnet0_5": false,
	"torchvision/shufflenet_v2_x0_5": false, "torchvision/maxvit_t": false, "torchvision/vit_b_32": false,
	"timm/tf_efficientnet_lite0": true, "timm/efficientnet_b0": false, "timm/mobilenetv3_large_100": false, "timm/convnext_atto": true, "timm/convnextv2_atto": false, "timm/resnet18d": false,
	"timm/seresnext50_32x4d": false, "timm/tf_efficientnetv2_s": false, "timm/regnety_016": false, "timm/levit_256": false, "timm/swin_tiny_patch4_window7_224": false,
	"timm/vit_tiny_patch16_224": false, "timm/deit3_small_patch16_224": false,
	"fastai/xresnet18": false, "fastai/xse_resnet18": false, "fastai/xresnext18": false, "fastai/xresnet18_ssa": true, "fastai/xsenet154": false,
}

// bodyJob is a case of bodies.py.
type bodyJob struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	N     int64  `json:"n"`
	DType string `json:"dtype"`
	Steps int64  `json:"steps"`
	File  string `json:"file"`
}

// fastaiBody is what bodies.py prints of one.
type fastaiBody struct {
	Error  string
	Keys   []string
	Groups [][]string
	Logits []float64
}

// jobOf is a case with pictures as small as the body takes; steps are of training, where fastai trains it.
func jobOf(t *testing.T, name string, steps int64) bodyJob {
	t.Helper()
	a, err := models.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	j := bodyJob{name, max(a.Size, 64), 4, "float64", steps, filepath.Join(t.TempDir(), path.Base(name))}
	if name == "torchvision/inception_v3" {
		j.Size = 128
	}
	if parity.UnlikeFastai(name) != "" {
		j.Steps = 0
	}
	return j
}

// Body, head and groups of each family are fastai's, and so are the logits and, after five steps by rates that differ by group, all weights; where
// fastai fails or cuts too early, ours run.
func TestBodiesEqualFastai(t *testing.T) {
	parity.NeedModule(t, "timm")
	var jobs []bodyJob
	for name, trains := range parity.Sorted(bodies) {
		j := jobOf(t, name, 0)
		if trains {
			j.Steps = 5
		}
		jobs = append(jobs, j)
	}
	var theirs []fastaiBody
	parity.Python(t, "bodies.py", jobs, &theirs)
	for i, j := range jobs {
		t.Run(j.Name, func(t *testing.T) { compareBody(t, j, theirs[i], 1e-9) })
	}
}

// compareBody compares a body with fastai's, within tol of each tensor's largest element, and returns the worst difference.
func compareBody(t *testing.T, j bodyJob, want fastaiBody, tol float64) (worst float64, groups [][]string) {
	t.Helper()
	collector.Off(t)
	arch, err := models.Get(j.Name)
	if err != nil {
		t.Fatal(err)
	}
	dtype, err := torch.ParseDType(j.DType)
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
	nn.To(m, dtype)
	nn.Eval(m)
	torch.ManualSeed(1)
	for _, n := range nn.StateDict(m) {
		redraw.Entry(n)
	}
	x := s.With(dtype).Empty(j.N, 3, j.Size, j.Size).Uniform_(-2, 2)
	var logits []float64
	torch.NoGrad(func() { logits = torch.ToSlice[float64](m.Forward(x).To(torch.Float64)) })
	groups = groupNames(arch, m)
	if what := parity.UnlikeFastai(j.Name); what != "" {
		if what == parity.CutsEarly != (want.Error == "") || what != parity.CutsEarly && !strings.HasPrefix(want.Error, what) {
			t.Errorf("fastai: %q, not %s", want.Error, what)
		}
		if len(logits) != int(3*j.N) || len(groups) != 2 || len(keys) < 30 {
			t.Errorf("%v, %d groups, %d keys", logits, len(groups), len(keys))
		}
		return 0, groups
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
	worst = difference(t, "logits", logits, want.Logits, tol)
	if j.Steps > 0 {
		worst = max(worst, trainBody(t, j, arch, m, tol))
	}
	return worst, groups
}

// trainBody trains as bodies.py does, and returns the worst difference of what the model then holds.
func trainBody(t *testing.T, j bodyJob, arch vision.Arch, m nn.Module, tol float64) (worst float64) {
	t.Helper()
	dtype, _ := torch.ParseDType(j.DType)
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(2)
	x := s.With(dtype).Empty(j.Steps+1, j.N, 3, j.Size, j.Size).Uniform_(-2, 2)
	var y []int64
	for i := range (j.Steps + 1) * j.N {
		y = append(y, i%3)
	}
	inputs := map[string]*torch.Tensor{"x": x, "y": torch.FromSlice(s, y, j.Steps+1, j.N)}
	learn, err := fastlearn.NewLearner(data.NewLoaders(rows{inputs, 0, j.Steps}, nil, torch.CPU), m, fastlearn.SplitBy(fastlearn.VisionGroups(arch)),
		fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.OptFunc(optim.SGD{Momentum: 0.9}), fastlearn.WD(0.01), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { learn.Opt.Close() }()
	torch.ManualSeed(3)
	if err := learn.Fit(t.Context(), 1, fastlearn.Slice(1e-6, 1e-5)); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(j.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range nn.StateDict(m) {
		want := make([]float64, n.Numel())
		if err := binary.Read(f, binary.LittleEndian, want); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		double := n.To(torch.Float64)
		worst = max(worst, difference(t, n.Name+" after training", torch.ToSlice[float64](double), want, tol))
		double.Close()
	}
	return worst
}

// difference is the largest one, relative to the largest element of want; above tol it is an error.
func difference(t *testing.T, what string, got, want []float64, tol float64) (worst float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return math.NaN()
	}
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i])) // NaN stays
	}
	worst /= max(parity.Largest(want), math.SmallestNonzeroFloat64)
	if !(worst <= tol) {
		t.Errorf("%s: off by %g of its largest element", what, worst)
	}
	return worst
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
