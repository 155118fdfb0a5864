package rebuild_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/rebuild"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// exported is what fastai says of its own files.
type exported map[string]struct {
	Vocab  []string
	Probs  [][]float64
	Labels []string
}

func photographs(t *testing.T) (files []string) {
	root := parity.Shared(t, "flowers5")
	for _, class := range []string{"daisy", "rose", "tulip"} {
		all, err := filepath.Glob(filepath.Join(root, class, "*.jpg"))
		if err != nil || len(all) < 3 {
			t.Fatal(err, len(all))
		}
		files = append(files, all[:3]...)
	}
	return files
}

// Learners of fastai's, of its own, torchvision's and timm's architectures, predict as in Python when they are made into files for predictor.Load.
func TestPredictionsAreFastais(t *testing.T) {
	dir, files := t.TempDir(), photographs(t)
	var want exported
	parity.Python(t, "rebuild.py", []any{dir, files}, &want)
	for name, c := range parity.Sorted(want) {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(dir, name+".safetensors")
			if err := rebuild.Predictor(filepath.Join(dir, name+".pkl"), out); err != nil {
				t.Fatal(err)
			}
			p, err := predictor.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for i, r := range p.PredictAll(t.Context(), files) {
				if r.Err != nil {
					t.Fatal(r.Err)
				}
				parity.Close(t, files[i], r.Probs, c.Probs[i], 1e-4)
				if len(c.Vocab) > 0 && r.Label != c.Labels[i] {
					t.Errorf("%s is %q, want %q", files[i], r.Label, c.Labels[i])
				}
			}
		})
	}
}

// oddClasses are a user's own.
const oddClasses = `
from fastai.vision.all import Transform, nn

class Scale(nn.Module):
    def forward(self, x): return 2 * x

class Shift(Transform):
    def encodes(self, x: int): return x
`

// What isn't known is an error that names the class and the place, and leaves no file. Whole modules of torchvision's compute what they do in Python.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "odd_classes.py"), []byte(oddClasses), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", dir)
	var outputs map[string][]float64
	parity.Python(t, "rebuild_odd.py", dir, &outputs)
	for name, words := range parity.Sorted(map[string][]string{
		"class":     {"the model's part 1.0", "the class odd_classes.Scale isn't known here"},
		"hook":      {"part 1", "hook", "torch.nn.utils.weight_norm.WeightNorm"},
		"transform": {"the transform odd_classes.Shift of its after_item isn't known here"},
		"loss":      {"its loss <torch.nn.modules.loss.CrossEntropyLoss object> isn't known here"},
		"size":      {"pictures of one size", "Resize"},
		"part":      {"part 1", "torchvision.models.resnet.BasicBlock has a part extra"},
		"forward":   {"part 1", "ReLU has a forward of its own"},
		"setting":   {"part 1", "MaxPool2d has dilation = 2: want 1"},
	}) {
		file, out := filepath.Join(dir, name+".pkl"), filepath.Join(dir, name+".safetensors")
		err := rebuild.Predictor(file, out)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, word := range append(words, file) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: want %q in %v", name, word, err)
			}
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: there is a file", name)
		}
	}
	t.Run("as in docs", func(t *testing.T) { asInDocs(t, dir) })
	s := torch.NewScope()
	defer s.Close()
	pixels := make([]float64, 2*3*64*64)
	for i := range pixels {
		pixels[i] = float64(float32(i*7919%255) / 255)
	}
	x := torch.FromSlice(s, pixels, 2, 3, 64, 64)
	for name, want := range parity.Sorted(outputs) {
		file := filepath.Join(dir, name+".pth")
		m, err := rebuild.Module(file)
		if err != nil {
			t.Error(err)
			continue
		}
		torch.NoGrad(func() { parity.Close(t, name, torch.ToSlice[float64](nn.Call(m, x)), want, 1e-9) })
		nn.Close(m)
		if err := rebuild.Predictor(file, filepath.Join(dir, "no.safetensors")); !errors.Is(err, rebuild.ErrNoLearner) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// asInDocs does what docs/predicting.md shows.
func asInDocs(t *testing.T, dir string) {
	t.Chdir(dir)
	err := rebuild.Predictor("export.pkl", "flowers.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	model, err := rebuild.Module("export.pkl")
	if err != nil {
		t.Fatal(err)
	}
	defer nn.Close(model)
	if err := rebuild.Predictor("export.pkl", "flowers.onnx"); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"converted.safetensors", "converted.pth"} { // to predict with, and the weights
		c, err := rebuild.Convert("export.pkl", out)
		if err != nil || c.From != "export.pkl" || c.To != out {
			t.Fatalf("%+v, %v", c, err)
		}
		again, err := rebuild.Convert(out, "again.pth")
		if predicts := err == nil && slices.Contains(again.Left, "metadata fastlearn"); err != nil || predicts != (out != "converted.pth") {
			t.Errorf("%s again: %+v, %v", out, again, err)
		}
	}
	p, err := predictor.Load("flowers.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := os.Stat("flowers.onnx"); err != nil {
		t.Error(err)
	}
}
