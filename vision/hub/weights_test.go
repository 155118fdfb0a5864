package hub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func TestLookupWeights(t *testing.T) {
	for name, end := range parity.Sorted(map[string]string{
		"resnet18": "resnet18-f37072fd.pth", "resnet34": "resnet34-b627a593.pth", "ResNet50": "resnet50-11ad3fa6.pth",
		"ResNet50_Weights.IMAGENET1K_V1": "resnet50-0676ba61.pth", "ResNet50_Weights.DEFAULT": "resnet50-11ad3fa6.pth",
		"resnet152.imagenet1k_v1": "resnet152-394f9c45.pth",
	}) {
		if p, ok := LookupWeights(name); !ok || !strings.HasSuffix(p.URL, "/"+end) {
			t.Errorf("%s: %v %v, want %s", name, p.URL, ok, end)
		}
	}
	for _, name := range []string{"", "resnet", "resnet18.", "resnet18.IMAGENET1K_V2", "vgg16", "resnet50.V1.x"} {
		if p, ok := LookupWeights(name); ok {
			t.Errorf("%q was found: %+v", name, p)
		}
	}
	defaults := map[string]int{}
	for _, p := range AllWeights() {
		if p.Default {
			defaults[p.Arch]++
		}
		if hashInName.FindStringSubmatch(p.URL) == nil {
			t.Errorf("%s holds no hash", p.URL)
		}
	}
	for _, arch := range archs() {
		if defaults[arch] != 1 {
			t.Errorf("%s has %d defaults", arch, defaults[arch])
		}
	}
}

func TestCached(t *testing.T) {
	s := serve(t, 1000)
	dir, name := t.TempDir(), "net-"+hashOf(s.content)[:8]+".pth"
	for range 2 {
		path, err := cached(t.Context(), s.URL+"/models/"+name, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		want(t, path, s.content)
		if path != filepath.Join(dir, name) || s.count() != 1 {
			t.Errorf("%s after %d requests", path, s.count())
		}
	}
}

func TestWeightsFromPythonsCache(t *testing.T) {
	home := t.TempDir()
	t.Setenv("TORCH_HOME", home)
	dir := filepath.Join(home, "hub", "checkpoints")
	file := filepath.Join(dir, "resnet34-b627a593.pth")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("as Python left it"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Weights(t.Context(), "resnet34"); err != nil || got != file {
		t.Errorf("%s, %v, want %s", got, err, file)
	}
	_, err := Weights(t.Context(), "resnet33")
	oneLine(t, err, `"resnet33"`, "resnet18, resnet34, resnet50, resnet101, resnet152")
}
