package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Our C++ is compiled once: a second clone, and a module that has a clone in its workspace, take it from Go's cache.
func TestOtherClonesAndModulesTakeTheCompiledC(t *testing.T) {
	if os.Getenv("CGO_CXXFLAGS") == "" {
		t.Skip("needs the environment of scripts/setup env")
	}
	if testing.Short() {
		t.Skip("compiles all of our C++ where that was not done before")
	}
	native := []string{module + "/torch/internal/shim", module + "/vision/jpeg"}
	goTool(t, parity.Root(), append([]string{"build"}, native...)...)

	clone := t.TempDir()
	for _, part := range []string{"go.mod", "go.sum", "torch", "vision", "internal"} {
		if out, err := exec.Command("cp", "-r", filepath.Join(parity.Root(), part), clone).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/own\n\ngo 1.26\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	goTool(t, other, "work", "init", ".", clone)
	for _, dir := range []string{clone, other} {
		stale := goTool(t, dir, append([]string{"list", "-f", "{{.ImportPath}} {{.Stale}} {{.StaleReason}}"}, native...)...)
		if strings.Contains(stale, "true") {
			t.Errorf("in %s these would be compiled again:\n%s", dir, stale)
		}
	}
}

// goTool runs go as the environment that set-up prints does.
func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+withTrimpath("-buildvcs=false"), "GOWORK=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return string(out)
}
