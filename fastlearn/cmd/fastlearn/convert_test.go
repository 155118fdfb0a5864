package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// A learner that fastai exported becomes a file that predicts, and ONNX; where that can't be, the error says so and no file is left.
func TestInspectConvertsLearners(t *testing.T) {
	dir := t.TempDir()
	var described any
	parity.Python(t, "inspect_learner.py", dir, &described)
	for _, out := range []string{"single.safetensors", "multi.safetensors", "single.onnx"} {
		from := strings.TrimSuffix(out, filepath.Ext(out)) + ".pkl"
		if stdout, stderr, code := run(t, dir, "inspect", from, "-o", out); code != 0 || !strings.Contains(stdout, out) {
			t.Fatalf("%s: %d: %s%s", out, code, stdout, stderr)
		}
	}
	for _, model := range []string{"single.safetensors", "multi.safetensors"} {
		stdout, stderr, code := run(t, dir, "predict", "--model", model, filepath.Join("images", "cat", "0.png"), "--json")
		if code != 0 || !strings.Contains(stdout, `"label":"dog"`) {
			t.Errorf("%s: %d: %s%s", model, code, stdout, stderr)
		}
	}
	_, stderr, code := run(t, dir, "inspect", "custom.pth", "-o", "custom.onnx")
	if _, err := os.Stat(filepath.Join(dir, "custom.onnx")); code != 1 || stderr == "" || !os.IsNotExist(err) {
		t.Errorf("weights alone become ONNX: %d, %s, %v", code, stderr, err)
	}
}
