package hub

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The caches and the table are torch's, huggingface_hub's, torchvision's and timm's own.
func TestPython(t *testing.T) {
	envs := []map[string]string{
		{"HOME": "/home/me"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "/caches"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "~/caches", "HF_HOME": "~/$HOME/hf"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "/caches", "TORCH_HOME": "/big/torch", "HF_HUB_CACHE": "/big/${NO_SUCH}x$HOME"},
		{"HOME": "/home/me", "TORCH_HOME": "~/torch", "HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "~/old"},
		{"HOME": "/home/me", "TORCH_HOME": "~no-such-user/torch", "HF_HOME": "/hf", "HF_HUB_CACHE": "~no-such-user/hf"},
		{"HOME": "/home/me", "TORCH_HOME": "~", "HF_HUB_CACHE": "/new", "HUGGINGFACE_HUB_CACHE": "/old"},
	}
	in := map[string]any{"envs": envs}
	var timm []string
	for _, p := range AllWeights() {
		if p.Library == "timm" {
			timm = append(timm, p.Arch)
		}
	}
	in["timm"] = timm
	var out struct {
		Dirs, HF []string
		Weights  []Published
	}
	parity.Python(t, script(t, "hub.py"), in, &out)
	for i, env := range envs {
		for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
			t.Setenv(name, env[name])
		}
		if got, err := Dir(); err != nil || got != out.Dirs[i] {
			t.Errorf("%v: %s, %v, Python says %s", env, got, err, out.Dirs[i])
		}
		if got, err := HFDir(); err != nil || got != filepath.Clean(out.HF[i]) {
			t.Errorf("%v: %s, %v, Python says %s", env, got, err, out.HF[i])
		}
	}
	ours := AllWeights()
	if len(ours) != len(out.Weights) {
		t.Fatalf("the table has %d rows, Python %d", len(ours), len(out.Weights))
	}
	for i, want := range out.Weights {
		if want.Library == "timm" { // its accuracies are in a table of its repository, results/results-imagenet.csv
			want.Acc1 = ours[i].Acc1
		}
		if !reflect.DeepEqual(ours[i], want) {
			t.Errorf("Python publishes\n%+v\nthe table says\n%+v", want, ours[i])
		}
	}
}

// What a checkpoint tells of images is the table's, but for the two models that change their input in Python.
func TestExpected(t *testing.T) {
	for _, p := range AllWeights() {
		changed := !reflect.DeepEqual(p.expected(), p.Preprocessing)
		if want := p.Arch == "googlenet" || p.Arch == "inception_v3"; changed != want {
			t.Errorf("%s: %+v of %+v", p.Name(), p.expected(), p.Preprocessing)
		}
	}
}

// script is the path of a program in testdata as parity.Python takes it.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err == nil {
		path, err = filepath.Rel(filepath.Join(parity.Root(), "internal", "parity", "python"), path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
