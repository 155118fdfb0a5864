package hub

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The cache and the table are torch's and torchvision's own.
func TestPython(t *testing.T) {
	envs := []map[string]string{
		{"HOME": "/home/me"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "/caches"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "~/caches"},
		{"HOME": "/home/me", "XDG_CACHE_HOME": "/caches", "TORCH_HOME": "/big/torch"},
		{"HOME": "/home/me", "TORCH_HOME": "~/torch"},
		{"HOME": "/home/me", "TORCH_HOME": "~no-such-user/torch"},
		{"HOME": "/home/me", "TORCH_HOME": "~"},
	}
	var out struct {
		Dirs    []string
		Weights []Published
	}
	script, err := filepath.Abs(filepath.Join("testdata", "hub.py"))
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(filepath.Join(parity.Root(), "internal", "parity", "python"), script)
	if err != nil {
		t.Fatal(err)
	}
	parity.Python(t, rel, envs, &out)
	for i, env := range envs {
		for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TORCH_HOME"} {
			t.Setenv(name, env[name])
		}
		if got, err := Dir(); err != nil || got != out.Dirs[i] {
			t.Errorf("%v: %s, %v, Python says %s", env, got, err, out.Dirs[i])
		}
	}
	if !slices.Equal(out.Weights, AllWeights()) {
		t.Errorf("torchvision publishes\n%+v\nthe table says\n%+v", out.Weights, AllWeights())
	}
}
