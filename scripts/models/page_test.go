package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

const root = "../.."

// The committed page is the one that the command writes, and has a row for each architecture.
func TestPage(t *testing.T) {
	want, err := page(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := diskfile.ReadFile(root + "/docs/models.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/models.md isn't what `go run ./scripts/models` writes: run it")
	}
	for _, name := range models.List() {
		if n := strings.Count(string(want), "\n| `"+name+"` |"); n != 1 {
			t.Errorf("%s has %d rows", name, n)
		}
	}
}

func TestCells(t *testing.T) {
	f := facts{models: map[string]proved{"a": {"a", "float64", 3.4e-12}, "b": {"b", "float32", 0}}, bodies: map[string]compared{
		"a": {"a", "equal", "float64", 5, 3, 2e-13}, "b": {"b", "equal", "float32", 0, 2, 1.2e-5}, "c": {"c", "StopIteration", "float64", 0, 2, 0}, "d": {"d", "cuts after the stem", "float64", 0, 2, 0},
	}}
	for name, want := range parity.Sorted(map[string][2]string{
		"a": {"3e-12", "equal, 3 groups, 5 steps: 2e-13"}, "b": {"0 in float32", "equal, 2 groups: 1e-05 in float32"}, "c": {"", "raises StopIteration"}, "d": {"", "cuts after the stem"}, "e": {"", "equal"}, "torchvision/vit_l_16": {"", "raises StopIteration"},
	}) {
		if got := [2]string{f.model(name), f.body(name)}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
