package onnx_test

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/redraw"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// smallest are each family's.
var smallest = regexp.MustCompile("^(alexnet|convnext_tiny|convnextv2_atto|densenet121|efficientnet_b0|efficientnet_v2_s|googlenet|inception_v3|levit_256|maxvit_t|mnasnet0_5|mobilenet_v2|" +
	"mobilenet_v3_small|mobilenetv3_large_100|regnet_[xy]_400mf|regnety_016|resnet(18|26t|50)|shufflenet_v2_x0_5|squeezenet1_1|swin(_v2)?_t|swin_tiny_patch4_window7_224|tf_efficientnet_lite0|vgg11|vit_tiny_patch16_224|xresnet18(_ssa)?|xse_resnext18)$")

// Every family's smallest architecture gives ONNX Runtime's logits, for a batch of any size.
func TestArchitectures(t *testing.T) {
	for _, name := range models.List() {
		if smallest.MatchString(name) {
			t.Run(name, func(t *testing.T) { tryArchitecture(t, name) })
		}
	}
}

// modelRow is a line of the committed table.
type modelRow struct {
	Name   string  `json:"name"`
	Params int64   `json:"params"` // in millions
	Size   int64   `json:"size"`   // of the pictures
	Worst  float64 `json:"worst"`  // as a part of the largest logit
	parity.Made
}

// Every architecture is tried, the smallest first, and gets a row in the table that FASTLEARN_EVERY_ONNX names; one that has a row is passed over.
func TestEveryArchitecture(t *testing.T) {
	path := os.Getenv("FASTLEARN_EVERY_ONNX")
	if path == "" {
		t.Skip("make test-models runs it")
	}
	all, err := parity.ReadContents(parity.Root())
	if err != nil {
		t.Fatal(err)
	}
	table := parity.OpenRows(t, path)
	for _, full := range parity.SmallestFirst(all) {
		arch, err := models.Get(full)
		if err != nil {
			t.Fatal(err)
		}
		if table.Has(arch.Name) {
			continue
		}
		t.Run(arch.Name, func(t *testing.T) {
			collector.Off(t) // of one model: the garbage of all doesn't fit
			worst, size := tryArchitecture(t, arch.Name)
			if !t.Failed() {
				table.Append(t, modelRow{arch.Name, all[full].Params / 1e6, size, worst, table.Made(t)})
			}
		})
	}
}

// tryArchitecture writes one with drawn weights and has ONNX Runtime run it, which doesn't happen beside the model: both take its weights' memory.
func tryArchitecture(t *testing.T, name string) (worst float64, size int64) {
	t.Helper()
	arch, err := models.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	size = cmp.Or(arch.Size, 96)
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(1)
	job, want := convert(t, s, arch.New(5), size)
	r := parity.ONNX(t, []parity.ONNXJob{job})[0]
	if r.Error != "" || len(r.Outputs) != 1 || len(r.Outputs[0].Data) != len(want) {
		t.Fatalf("%s, %d outputs", r.Error, len(r.Outputs))
	}
	largest := 0.0
	for i, v := range want {
		largest, worst = max(largest, math.Abs(v)), max(worst, math.Abs(v-r.Outputs[0].Data[i]))
	}
	worst /= largest
	if t.Logf("off by %.2g of %.3g", worst, largest); !(worst <= 1e-4) {
		t.Errorf("it is off by %g of its largest logit, want at most 1e-4", worst)
	}
	return math.Round(worst*1e9) / 1e9, size
}

// convert writes a model, which it closes, and what it makes of a batch of another size than the recorded ones.
func convert(t *testing.T, s *torch.Scope, m nn.Module, size int64) (parity.ONNXJob, []float64) {
	t.Helper()
	defer nn.Close(m)
	for _, n := range nn.StateDict(m) {
		redraw.Entry(n)
	}
	nn.Eval(m)
	g, err := nn.Trace(m, s.Randn(2, 3, size, size))
	if err != nil {
		t.Fatal(err)
	}
	state, err := nn.ToPTH(m)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Release()
	x := s.Randn(3, 3, size, size)
	var y *torch.Tensor
	torch.NoGrad(func() { y = nn.Call(m, x) })
	text, err := json.Marshal(graph.Stored{Graph: g})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "model.onnx")
	if err := onnx.WriteFile(file, state, map[string]string{graph.Key: string(text)}); err != nil {
		t.Fatal(err)
	}
	x.WithBytes(func(memory []byte) { err = os.WriteFile(file+".input", memory, 0o666) })
	if err != nil {
		t.Fatal(err)
	}
	return parity.ONNXJob{File: file, Inputs: []parity.ONNXInput{{File: file + ".input", Shape: x.Shape()}}}, torch.ToSlice[float64](y.To(torch.Float64))
}
