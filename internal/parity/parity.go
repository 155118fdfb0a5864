// Package parity lets tests compare with the real Python: torch, torchvision and
// fastai in the virtual environment that "make test" sets up.
package parity

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Python runs internal/parity/python/<script> with in as JSON on its standard input and reads
// the JSON it prints into out. The test is skipped where there is no environment,
// except in CI.
func Python(t testing.TB, script string, in, out any) {
	t.Helper()
	python := Interpreter(t)
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join(Root(), "internal", "parity", "python", script))
	cmd.Stdin = bytes.NewReader(input)
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH=", "PYTHONWARNINGS=ignore")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		t.Fatalf("%s printed no JSON: %v\n%.500s", script, err, stdout.String())
	}
}

// Interpreter is the Python of the virtual environment.
func Interpreter(t testing.TB) string {
	t.Helper()
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("FASTLEARN_VENV_PYTHON is unset: run the tests by make test")
		}
		t.Skip("FASTLEARN_VENV_PYTHON is unset: run the tests by make test to compare with Python")
	}
	return python
}

// HasModule tells whether the environment's Python has a module, as the one that "make test" sets up has. In CI it is an error if not.
func HasModule(t testing.TB, name string) bool {
	t.Helper()
	python := Interpreter(t)
	has, asked := modules.Load(name)
	if !asked {
		has = exec.Command(python, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)", name).Run() == nil
		modules.Store(name, has)
	}
	if !has.(bool) && os.Getenv("CI") != "" {
		t.Errorf("Python lacks %s: run make test, which sets it up", name)
	}
	return has.(bool)
}

// modules tells by name which the environment's Python has.
var modules sync.Map

// NeedModule skips the test where Python lacks a module.
func NeedModule(t testing.TB, name string) {
	t.Helper()
	if !HasModule(t, name) {
		t.Skipf("Python lacks %s: run make test, which sets it up", name)
	}
}

// Root returns the root of the repository: the nearest directory with the programs of this package at or above the one in which
// the program started, a test in its package's. Without one it is where the program started.
func Root() string { return root }

// root is found before a test can change the working directory. (The compiler doesn't know where
// sources lie: they are built with -trimpath.)
var root = findRoot()

func findRoot() string {
	wd, err := os.Getwd()
	if err != nil {
		return "."
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "internal", "parity", "python")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return wd
		}
	}
}

// Shared is a path of the data that tests may use but that is not committed; the
// test is skipped where it is absent.
func Shared(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(), "..", "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared data here: %v", err)
	}
	return path
}

// Close fails the test unless got and want are of one length and at most tol apart.
func Close(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	worst, at := -1.0, 0
	for i := range got {
		if d := math.Abs(got[i] - want[i]); d > worst || math.IsNaN(d) {
			worst, at = d, i
			if math.IsNaN(d) {
				break
			}
		}
	}
	if len(got) > 0 && !(worst <= tol) {
		t.Errorf("%s: differs by %g at %d (%g, want %g); tolerance %g", what, worst, at, got[at], want[at], tol)
	}
}

// Relative fails the test unless each of got is within tol of want's, relatively.
func Relative(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if d := math.Abs(got[i] - want[i]); !(d <= tol*math.Max(math.Abs(want[i]), 1e-30)) {
			t.Errorf("%s: %.17g at %d, want %.17g: relative difference %g, tolerance %g", what, got[i], i, want[i], d/math.Abs(want[i]), tol)
			return
		}
	}
}
