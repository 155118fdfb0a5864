package pth

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is the files that internal/parity/python/pth_corpus.py writes with PyTorch 2.11 and fastai 2.8:
//
//	python internal/parity/python/pth_corpus.py torch/pth/testdata/python
const corpus = "testdata/python"

func TestReadsWhatPythonWrote(t *testing.T) { checkCorpus(t, corpus) }

// The corpus is part of the repository, so that it can be read where there is no Python. Where
// there is, it is written anew: by the PyTorch of today.
func TestReadsWhatPythonWritesNow(t *testing.T) {
	dir := t.TempDir()
	python(t, "pth_corpus.py", dir, "heavy")
	checkCorpus(t, dir)
}

func checkCorpus(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.pth"))
	if err != nil || len(files) < 30 {
		t.Fatalf("the corpus %s has %d files: %v", dir, len(files), err)
	}
	for _, path := range files {
		base := strings.TrimSuffix(path, ".pth")
		t.Run(filepath.Base(base), func(t *testing.T) {
			f, err := Open(path)
			if words, e := os.ReadFile(base + ".refused"); e == nil {
				checkRefusal(t, path, err, strings.Fields(strings.TrimSpace(string(words))))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			want, err := os.ReadFile(base + ".json")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, describeJSON(t, f.Value()), canonical(t, json.RawMessage(want)))
		})
	}
}

func checkRefusal(t *testing.T, path string, err error, words []string) {
	var e *Error
	if !errors.As(err, &e) || e.Path != path {
		t.Fatalf("want an *Error that names %s, got %v", path, err)
	}
	message := *e
	message.Path = "" // which may hold the word itself
	for _, word := range words {
		if !strings.Contains(message.Error(), word) {
			t.Errorf("want %q in the message: %v", word, e)
		}
	}
}

// compare shows where two descriptions begin to differ.
func compare(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	at := max(0, i-120)
	t.Errorf("the descriptions differ at byte %d:\n got …%s\nwant …%s", i, got[at:min(len(got), i+120)], want[at:min(len(want), i+120)])
}

// python runs a program of internal/parity/python with the Python of FASTLEARN_VENV_PYTHON.
func python(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	exe := os.Getenv("FASTLEARN_VENV_PYTHON")
	if exe == "" {
		t.Skip("FASTLEARN_VENV_PYTHON names no Python with torch 2.11 and fastai 2.8; make test does")
	}
	cmd := exec.Command(exe, append([]string{filepath.Join("..", "..", "internal", "parity", "python", program)}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stderr = &strings.Builder{}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, cmd.Stderr)
	}
	return out
}
