package datasets

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/vision"
)

func TestDrawnFlowers(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	if err := DrawnFlowers(ctx, dir, PerClass(3), Seed(7)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 * len(allSpecies); len(files) != want {
		t.Fatalf("%d pictures, want %d", len(files), want)
	}
	for _, f := range files {
		if _, err := vision.Open(f); err != nil {
			t.Error(err)
		}
	}
	labels, err := os.ReadFile(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(labels)), "\n"); lines[0] != "name,class" || len(lines) != 1+len(files) || lines[1] != "bluebell/bluebell_000.jpg,bluebell" {
		t.Errorf("labels.csv: %d lines, %q", len(lines), lines[:2])
	}

	// The same seed draws the same bytes; a missing picture of an unfinished directory is drawn again.
	one, err := os.ReadFile(files[4])
	if err != nil {
		t.Fatal(err)
	}
	stamp := filepath.Join(dir, stampFile)
	begun, err := os.ReadFile(stamp)
	if err != nil {
		t.Fatal(err)
	}
	unfinished := bytes.TrimSuffix(begun, []byte("finished\n"))
	if err := errors.Join(os.Remove(files[4]), os.WriteFile(stamp, unfinished, 0o666), DrawnFlowers(ctx, dir, PerClass(3), Seed(7))); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(files[4]); err != nil || !bytes.Equal(one, again) {
		t.Errorf("drawn again: %v, the same: %v", err, bytes.Equal(one, again))
	}

	if err := DrawnFlowers(ctx, dir, PerClass(3), Seed(8)); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("other options: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := DrawnFlowers(cancelled, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	file := filepath.Join(dir, "labels.csv")
	if err := DrawnFlowers(ctx, file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file for a directory: %v", err)
	}
}
