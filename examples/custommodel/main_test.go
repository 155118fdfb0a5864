package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// The model trains, is exported and predicts.
func TestCustomModel(t *testing.T) {
	flowers := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), flowers, datasets.PerClass(12)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.safetensors")
	if err := run(t.Context(), flowers, file, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
