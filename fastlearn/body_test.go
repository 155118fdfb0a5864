package fastlearn_test

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A body goes to torchvision's resnet18, which then misses its head alone, and comes from it, as .pth and as
// safetensors; the features are the same.
func TestBodiesGoToTorchvisionAndBack(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	dir := t.TempDir()
	torch.ManualSeed(1)
	learner := func(opts ...fastlearn.LearnerOption) *fastlearn.Learner {
		t.Helper()
		opts = append(opts, fastlearn.Path(dir), fastlearn.ModelDir("."), fastlearn.NoNormalize(), fastlearn.Logger(nil))
		l, err := fastlearn.VisionLearner(dls, vision.ResNet18, opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	pixels := make([]float32, 3*32*32)
	for i := range pixels {
		pixels[i] = float32(math.Sin(float64(i)))
	}
	features := func(l *fastlearn.Learner) (out []float64) {
		s := torch.NewScope()
		defer s.Close()
		torch.NoGrad(func() {
			nn.Eval(l.Model)
			x := torch.FromSlice(s, pixels).Reshape(1, 3, 32, 32).To(l.DLs.Device)
			out = torch.ToSlice[float64](nn.Children(l.Model)[0].Forward(x).To(torch.Float64))
		})
		return out
	}
	ours := learner(fastlearn.FromScratch())
	for _, name := range []string{"body", "body.safetensors"} {
		if _, err := ours.SaveBody(name); err != nil {
			t.Fatal(err)
		}
	}
	type loaded struct {
		Missing, Unexpected []string
		Features            []float64
	}
	var want struct {
		PTH         loaded `json:"body.pth"`
		Safetensors loaded `json:"body.safetensors"`
		Order       bool
		Metadata    bool
		Features    []float64
	}
	parity.Python(t, "body.py", map[string]any{"dir": dir, "pixels": pixels}, &want)
	if !want.Order || !want.Metadata {
		t.Errorf("the keys are in torchvision's order: %v; the metadata are torchvision's: %v", want.Order, want.Metadata)
	}
	for name, l := range parity.Sorted(map[string]loaded{"pth": want.PTH, "safetensors": want.Safetensors}) {
		if strings.Join(l.Missing, " ") != "fc.weight fc.bias" || len(l.Unexpected) > 0 {
			t.Errorf("%s: missing %v, unexpected %v", name, l.Missing, l.Unexpected)
		}
		parity.Close(t, name, features(ours), l.Features, parity.Rounding(parity.Float32, 9*512, parity.Largest(l.Features)))
	}
	for _, file := range []string{"torchvision.pth", "torchvision.safetensors", "lightning.ckpt"} {
		parity.Close(t, file, features(learner(fastlearn.Weights(filepath.Join(dir, file)))), want.Features, parity.Rounding(parity.Float32, 9*512, parity.Largest(want.Features)))
	}
	// A body that we wrote starts another learner.
	again := learner(fastlearn.Weights(filepath.Join(dir, "body.safetensors")))
	parity.Close(t, "ours again", features(again), features(ours), 0)
}

// Weights that lack keys or have others can be told so.
func TestWeightsOptions(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	dir := t.TempDir()
	l, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Path(dir), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.SaveBody("body")
	if err != nil {
		t.Fatal(err)
	}
	o := nn.LoadOptions{KeyMap: func(k string) string { return strings.Replace(k, "layer4.", "other.", 1) }}
	_, err = fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(file, o))
	var bad *nn.StateError
	if !errors.As(err, &bad) || len(bad.Missing) == 0 || len(bad.Missing)+5 != len(bad.Unexpected) { // 5 are num_batches_tracked, which may be missing
		t.Errorf("%v", err)
	}
	o.NonStrict = true
	part, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(file, o))
	if err != nil {
		t.Fatal(err)
	}
	part.Close()
}

func TestSaveBodyNeedsABody(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	dir := t.TempDir()
	l, err := fastlearn.NewLearner(dls, nn.NewSequential(nn.NewLinear(2, 2)), fastlearn.Path(dir), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.SaveBody("body"); err == nil || !strings.Contains(err.Error(), "VisionLearner") {
		t.Error(err)
	}
}

// A learner's model can be saved as safetensors, without the optimizer.
func TestSaveSafetensors(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	dir := t.TempDir()
	open := func() *fastlearn.Learner {
		t.Helper()
		l, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	a, b := open(), open()
	if err := a.CreateOpt(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Save("x.safetensors"); err == nil || !strings.Contains(err.Error(), "WithoutOpt()") {
		t.Error(err)
	}
	path, err := a.Save("x.safetensors", fastlearn.WithoutOpt())
	if err != nil || path != filepath.Join(dir, "models", "x.safetensors") {
		t.Fatal(path, err)
	}
	if err := b.Load("x.safetensors"); err != nil {
		t.Fatal(err)
	}
	for i, n := range nn.StateDict(a.Model) {
		if !n.Equal(nn.StateDict(b.Model)[i].Tensor) {
			t.Errorf("%s differs", n.Name)
		}
	}
}
