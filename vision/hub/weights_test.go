package hub

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func TestLookupWeights(t *testing.T) {
	for name, end := range parity.Sorted(map[string]string{
		"resnet18": "/resnet18-f37072fd.pth", "resnet34": "/resnet34-b627a593.pth", "ResNet50": "/resnet50-11ad3fa6.pth",
		"ResNet50_Weights.IMAGENET1K_V1": "/resnet50-0676ba61.pth", "ResNet50_Weights.DEFAULT": "/resnet50-11ad3fa6.pth",
		"resnet152.imagenet1k_v1": "/resnet152-394f9c45.pth", "torchvision/resnet18": "/resnet18-f37072fd.pth",
		"ConvNeXt_Tiny_Weights.DEFAULT": "/convnext_tiny-983f1562.pth", "torchvision/convnext_tiny": "/convnext_tiny-983f1562.pth",
		"timm/convnext_tiny": "/convnext_tiny.in12k_ft_in1k", "tf_efficientnet_lite0": "/tf_efficientnet_lite0.in1k",
		"timm/tf_efficientnet_lite0.in1k": "/tf_efficientnet_lite0.in1k",
	}) {
		if p, err := LookupWeights(name); err != nil || !strings.HasSuffix(p.URL, end) {
			t.Errorf("%s: %v %v, want %s", name, p.URL, err, end)
		}
	}
	for name, text := range parity.Sorted(map[string]string{
		"": "AllWeights", "resnet": "such as resnet", "resnet18.": "resnet18", "resnet18.IMAGENET1K_V2": "resnet18", "vgg12": "such as vgg1",
		"resnet50.V1.x": "resnet50", "timm/ResNet50_Weights.DEFAULT": "", "other/resnet18": "", "convnext_tiny": "write torchvision/convnext_tiny or timm/convnext_tiny",
	}) {
		_, err := LookupWeights(name)
		oneLine(t, err, text)
	}
	defaults := map[string]int{}
	for _, p := range AllWeights() {
		if p.Default {
			defaults[p.Library+"/"+p.Arch]++
		}
		if p.Library == "torchvision" && hashInName.FindStringSubmatch(p.URL) == nil {
			t.Errorf("%s holds no hash", p.URL)
		}
		if again, err := LookupWeights(p.Name()); err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%s finds %+v, %v", p.Name(), again, err)
		}
	}
	for arch, n := range defaults {
		if n != 1 {
			t.Errorf("%s has %d defaults", arch, n)
		}
	}
}

// caches gives the test caches of its own, and no mirror.
func caches(t *testing.T) (torch, hf string) {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "FASTLEARN_HUB"} {
		t.Setenv(name, "") // is put back at the end
		os.Unsetenv(name)
	}
	t.Setenv("TORCH_HOME", filepath.Join(home, "torch"))
	t.Setenv("HF_HOME", filepath.Join(home, "hf"))
	return filepath.Join(home, "torch", "hub", "checkpoints"), filepath.Join(home, "hf", "hub")
}

func put(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestWeightsFromURL(t *testing.T) {
	dir, _ := caches(t)
	s := serve(t, 1000)
	hashed := "net-" + hashOf(s.content)[:8] + ".pth"
	for url, file := range parity.Sorted(map[string]string{
		s.URL + "/models/" + hashed:                      hashed,
		s.URL + "/a/model.safetensors?download=true":     strings.TrimPrefix(s.URL, "http://") + "/a/model.safetensors",
		s.URL + "/b/model.safetensors":                   strings.TrimPrefix(s.URL, "http://") + "/b/model.safetensors",
		s.URL + "/c/../../../../../../model.safetensors": strings.TrimPrefix(s.URL, "http://") + "/model.safetensors",
	}) {
		before := s.count()
		for range 2 {
			c, err := Weights(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(c.Path); err != nil || !bytes.Equal(got, s.content) {
				t.Errorf("%s is not what was served: %v", c.Path, err)
			}
			if c.Path != filepath.Join(dir, filepath.FromSlash(file)) || s.count() != before+1 {
				t.Errorf("%s: %s after %d requests", url, c.Path, s.count()-before)
			}
		}
	}
	_, err := Weights(t.Context(), s.URL+"/")
	oneLine(t, err, "does not name a file")
}

func TestWeightsFromPythonsCache(t *testing.T) {
	dir, _ := caches(t)
	file := filepath.Join(dir, "resnet34-b627a593.pth")
	put(t, file, []byte("as Python left it"))
	got, err := Weights(t.Context(), "resnet34")
	if err != nil || got.Path != file || got.Arch != "resnet34" || got.Mean[0] != 0.485 || got.Size != [2]int{224, 224} {
		t.Errorf("%+v, %v, want %s", got, err, file)
	}
	_, err = Weights(t.Context(), "resnet33")
	oneLine(t, err, `"resnet33"`, "resnet34", "nor is there such a file")
	_, err = Weights(t.Context(), "")
	oneLine(t, err, "name is empty")
	_, err = Weights(t.Context(), "weights/mine.pth")
	oneLine(t, err, "weights/mine.pth", "nor is there such a file")
}

// A mirror has every file under its host and path, and is a server or a folder.
func TestMirror(t *testing.T) {
	dir, _ := caches(t)
	content := random(1000, 3)
	name := "net-" + hashOf(content)[:8] + ".pth"
	mirror := t.TempDir()
	at := filepath.Join(mirror, "download.example", "models", name)
	put(t, at, content)
	url := "https://download.example/models/" + name

	t.Setenv("FASTLEARN_HUB", mirror)
	c, err := Weights(t.Context(), url)
	if err != nil || c.Path != at {
		t.Fatalf("%+v, %v, want %s", c, err, at)
	}
	alone(t, dir)
	put(t, at, []byte("other"))
	_, err = Weights(t.Context(), url)
	oneLine(t, err, at, "SHA-256")
	_, err = Weights(t.Context(), "https://download.example/models/absent.pth")
	oneLine(t, err, "FASTLEARN_HUB", "absent.pth")

	put(t, at, content)
	s := httptest.NewServer(http.FileServer(http.Dir(mirror)))
	defer s.Close()
	t.Setenv("FASTLEARN_HUB", s.URL+"/")
	c, err = Weights(t.Context(), url)
	if err != nil || c.Path != filepath.Join(dir, name) {
		t.Fatalf("%+v, %v", c, err)
	}
	want(t, c.Path, content)
	_, err = Weights(t.Context(), "https://download.example/models/absent-00000000.pth")
	oneLine(t, err, s.URL+"/download.example/models/absent-00000000.pth", "404")
}
