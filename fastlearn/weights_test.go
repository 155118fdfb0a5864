package fastlearn_test

import (
	"archive/zip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/renamed"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// place puts content where a file of that path is.
func place(t *testing.T, path string, write func(path string) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := write(path); err != nil {
		t.Fatal(err)
	}
}

func text(content string) func(path string) error {
	return func(path string) error { return os.WriteFile(path, []byte(content), 0o666) }
}

// Weights come from wherever they are, and the normalisation that they were trained with comes with them.
func TestWeightsFromAnywhere(t *testing.T) {
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "FASTLEARN_HUB", "HF_ENDPOINT"} {
		t.Setenv(name, "")
	}
	home := t.TempDir()
	t.Setenv("HF_HOME", filepath.Join(home, "hf"))
	t.Setenv("TORCH_HOME", filepath.Join(home, "torch"))
	t.Setenv("HF_HUB_OFFLINE", "1")
	const config = `{"architecture": "resnet18", "pretrained_cfg": {"mean": [0.5, 0.25, 0.125], "std": [0.5, 0.2, 0.4], "input_size": [3, 64, 64]}}`
	const commit = "0123456789abcdef0123456789abcdef01234567"

	torch.ManualSeed(3)
	whole := vision.ResNet18.New(10)
	defer nn.Close(whole)
	state, err := nn.ToPTH(whole)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Release()
	cache := filepath.Join(home, "hf", "hub", "models--owner--net")
	place(t, filepath.Join(cache, "refs", "main"), text(commit))
	place(t, filepath.Join(cache, "snapshots", commit, "config.json"), text(config))
	place(t, filepath.Join(cache, "snapshots", commit, "model.safetensors"), func(path string) error { return safetensors.WriteFile(path, state) })
	place(t, filepath.Join(home, "torch", "hub", "checkpoints", "resnet18-f37072fd.pth"), func(path string) error { return pth.WriteFile(path, state) })
	place(t, filepath.Join(home, "plain.pth"), func(path string) error { return renamed.Write(path, whole) })
	place(t, filepath.Join(home, "net.whl"), func(path string) error {
		content, err := os.ReadFile(filepath.Join(home, "plain.pth"))
		if err != nil {
			return err
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		z := zip.NewWriter(f)
		w, err := z.Create("net/models/net.pth")
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return err
		}
		return z.Close()
	})
	inOrder := nn.LoadOptions{InOrder: true, Ignore: []string{"_head."}}
	imageNet, imageNetStd := vision.ImageNetStats()
	own, ownStd := []float64{0.5, 0.25, 0.125}, []float64{0.5, 0.2, 0.4}

	files := fixture.ColourFolders(t, 8, "blue", "red")
	plain := fixture.Pixels(t, fixture.ColourDLs(t, files, data.BatchSize(4)).Valid)
	for _, c := range []struct {
		name      string
		opts      []nn.LoadOptions
		mean, std []float64
	}{
		{"", nil, imageNet, imageNetStd}, // the published ones
		{"resnet18", nil, imageNet, imageNetStd},
		{"ResNet18_Weights.IMAGENET1K_V1", nil, imageNet, imageNetStd},
		{"owner/net", nil, own, ownStd},
		{"https://huggingface.co/owner/net", nil, own, ownStd},
		{filepath.Join(cache, "snapshots", commit), nil, own, ownStd},
		{filepath.Join(home, "plain"), []nn.LoadOptions{inOrder}, imageNet, imageNetStd},
		{filepath.Join(home, "net.whl"), []nn.LoadOptions{inOrder}, imageNet, imageNetStd},
	} {
		dls := fixture.ColourDLs(t, files, data.BatchSize(4))
		opts := []fastlearn.LearnerOption{fastlearn.Path(t.TempDir()), fastlearn.Logger(nil)}
		if c.name != "" {
			opts = append(opts, fastlearn.Weights(c.name, c.opts...))
		}
		l, err := fastlearn.VisionLearner(dls, vision.ResNet18, opts...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := nn.StateDict(nn.Children(l.Model)[0].Module)
		for i, n := range nn.StateDict(whole)[:len(got)] {
			if !got[i].To(torch.CPU).Equal(n.Tensor) {
				t.Errorf("%s: %s is not as in the file", c.name, n.Name)
				break
			}
		}
		l.Close()
		pixels := fixture.Pixels(t, dls.Valid)
		area := len(pixels) / 4 / 3
		for i, v := range pixels {
			channel := i / area % 3
			if want := (float64(plain[i]) - c.mean[channel]) / c.std[channel]; math.Abs(float64(v)-want) > 1e-5 {
				t.Errorf("%s: a pixel of channel %d is %v, want %v", c.name, channel, v, want)
				break
			}
		}
	}

	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	for name, parts := range parity.Sorted(map[string][]string{
		"convnext_tiny": {"write torchvision/convnext_tiny or timm/convnext_tiny"}, "owner/other": {"HF_HUB_OFFLINE", "owner/other"},
		"absent.pth": {"absent.pth", "nor is there such a file"},
	}) {
		_, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(name))
		if err == nil || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(fmt.Sprint(err), p) }) {
			t.Errorf("%s: %v, want %q", name, err, parts)
		}
	}
	if dls.HasNormalize() {
		t.Error("a learner that could not be made has changed the loaders")
	}
}

// A file whose keys another library chose fills the body of a timm architecture, whose normalisation is timm's.
func TestWeightsInOrderForTimm(t *testing.T) {
	arch, err := models.Get("tf_efficientnet_lite0")
	if err != nil {
		t.Fatal(err)
	}
	torch.ManualSeed(4)
	whole := arch.New(10)
	defer nn.Close(whole)
	file := filepath.Join(t.TempDir(), "net.pth")
	if err := renamed.Write(file, whole); err != nil {
		t.Fatal(err)
	}
	files := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	plain := fixture.Pixels(t, dls.Valid)
	_, err = fastlearn.VisionLearner(dls, arch, fastlearn.Weights(file, nn.LoadOptions{InOrder: true}))
	if err == nil || !strings.Contains(err.Error(), "_head.weight is the first with nothing to come to, where Ignore leaves keys out") {
		t.Errorf("the classifier's weights went somewhere: %v", err)
	}
	l, err := fastlearn.VisionLearner(dls, arch, fastlearn.Weights(file, nn.LoadOptions{InOrder: true, Ignore: []string{"_head."}}),
		fastlearn.Path(t.TempDir()), fastlearn.Logger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	body, all := nn.StateDict(nn.Children(l.Model)[0].Module), nn.StateDict(whole)
	if len(body) != len(all)-2 {
		t.Errorf("the body has %d tensors, the whole %d", len(body), len(all))
	}
	for i, n := range all[:len(body)] {
		if !body[i].To(torch.CPU).Equal(n.Tensor) {
			t.Errorf("%s is not as in the file", n.Name)
		}
	}
	for i, v := range fixture.Pixels(t, dls.Valid) {
		if want := (float64(plain[i]) - 0.5) / 0.5; math.Abs(float64(v)-want) > 1e-5 {
			t.Fatalf("a pixel is %v, want %v", v, want)
		}
	}
}
