package fastlearn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Every callback that writes finds out before the first epoch that it can't, and says which one it is and where.
func TestCallbacksFindReadOnlyDirectories(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	for _, name := range []string{"model.pth", "run.pth", "history.csv", "history.jsonl"} {
		if err := os.MkdirAll(filepath.Join(taken, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	dirs := map[string]string{"below a file": filepath.Join(file, "models"), "taken by directories": taken, "in a file system without files": "/proc/models"}
	for where, dir := range parity.Sorted(dirs) {
		for name, cb := range parity.Sorted(map[string]fastlearn.Callback{
			"SaveModel": callback.SaveModel(), "SaveModel that saves each epoch": callback.SaveModel(callback.EveryEpoch(1)), "SaveModel that saves at the end": callback.SaveModel(callback.AtEnd()),
			"Checkpoint": fastlearn.Checkpoint("run", 0), "CSVLogger": callback.CSVLogger("history.csv"), "JSONLogger": callback.JSONLogger("history.jsonl", callback.Append()),
		}) {
			epochs := 0
			count := fastlearn.Callbacks(fixture.AfterBatch(func() { epochs++ }))
			err := fixture.Line(t, fastlearn.Path(dir), fastlearn.ModelDir("")).Fit(t.Context(), 2, fastlearn.LR(0.1), fastlearn.Callbacks(cb), count)
			kind, _, _ := strings.Cut(name, " ")
			if err == nil || !strings.Contains(err.Error(), kind+" can't write "+dir) {
				t.Errorf("%s %s: %v", name, where, err)
			}
			if epochs != 0 {
				t.Errorf("%s %s: %d batches were trained", name, where, epochs)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "new", "models")
	if err := fixture.Line(t, fastlearn.Path(dir), fastlearn.ModelDir("")).Fit(t.Context(), 1, fastlearn.LR(0.1), fastlearn.Callbacks(callback.SaveModel(), fastlearn.Checkpoint("run", 0))); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v lie in the directory, %v; want a model and a checkpoint", entries, err)
	}
}
