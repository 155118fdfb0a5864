// Package notebook holds a notebook to its code: it is compiled with the rest, and run where
// gonb and Jupyter are at hand.
package notebook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const file = "flowers.ipynb"

// lines is text that a notebook has as a list, or as one.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var parts []string
	if json.Unmarshal(data, &parts) == nil {
		*l = lines(strings.Join(parts, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}

type notebook struct {
	Cells []struct {
		Type    string `json:"cell_type"`
		Source  lines  `json:"source"`
		Outputs []struct {
			Type string           `json:"output_type"`
			Name string           `json:"ename"`
			Data map[string]lines `json:"data"`
		} `json:"outputs"`
	} `json:"cells"`
}

func read(t *testing.T, path string) (n notebook) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The cells are Go that compiles against this clone: what is declared, and each cell that runs
// as a function. None has outputs, which would change with each run.
func TestCellsCompile(t *testing.T) {
	var code strings.Builder
	code.WriteString("package cells\n")
	runs := 0
	for i, c := range read(t, file).Cells {
		source := string(c.Source)
		body, runsIt := strings.CutPrefix(source, "%%\n")
		switch {
		case len(c.Outputs) > 0:
			t.Errorf("cell %d has outputs: clear them", i)
		case c.Type != "code" || strings.HasPrefix(source, "%no"):
		case runsIt:
			runs++
			fmt.Fprintf(&code, "func cell%d() {\n%s\n}\n", i, body)
		default:
			code.WriteString(source + "\n")
		}
	}
	if runs < 3 {
		t.Errorf("%d cells run", runs)
	}
	dir := t.TempDir()
	program, overlay := filepath.Join(dir, "cells.go"), filepath.Join(dir, "overlay.json")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "cells", "cells.go"): program}})
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range parity.Sorted(map[string][]byte{program: []byte(code.String()), overlay: replaced}) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay="+overlay, "./cells").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// gonb runs the notebook as a person would, from Jupyter; every cell that should show
// something does.
func TestNotebookRuns(t *testing.T) {
	gonb, err := exec.LookPath("gonb")
	if err != nil {
		t.Skip("gonb is not installed: see docs/terminal.md")
	}
	jupyter, err := exec.LookPath("jupyter")
	if err != nil {
		t.Skip("jupyter is not installed: see docs/terminal.md")
	}
	if out, err := exec.Command(jupyter, "nbconvert", "--version").CombinedOutput(); err != nil {
		t.Skipf("jupyter has no nbconvert: %s", out)
	}
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	dir := t.TempDir()
	kernel := filepath.Join(dir, "kernels", "gonb")
	spec, err := json.Marshal(map[string]any{"argv": []string{gonb, "--kernel", "{connection_file}"}, "display_name": "Go (gonb)", "language": "go"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(kernel, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kernel, "kernel.json"), spec, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(jupyter, "nbconvert", "--to", "notebook", "--execute", file, "--output-dir", dir, "--output", "ran.ipynb", "--ExecutePreprocessor.timeout=900")
	cmd.Env = append(os.Environ(), "JUPYTER_DATA_DIR="+dir, "TMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shows := map[string]int{}
	for i, c := range read(t, filepath.Join(dir, "ran.ipynb")).Cells {
		for _, o := range c.Outputs {
			if o.Type == "error" {
				t.Errorf("cell %d: %s", i, o.Name)
			}
			for kind, data := range o.Data {
				text := string(data)
				if kind == "image/png" {
					if _, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err != nil {
						t.Errorf("cell %d: %v", i, err)
					}
					shows["pictures"]++
				}
				for _, part := range []string{"train_loss", "multiply-adds", "taken for", `alt="losses"`} {
					if kind == "text/html" && strings.Contains(text, part) {
						shows[part]++
					}
				}
			}
		}
	}
	want := map[string]int{"pictures": 4, "train_loss": 1, "multiply-adds": 1, "taken for": 1, `alt="losses"`: 1}
	for what, n := range want {
		if shows[what] != n {
			t.Errorf("%s: %d times, want %d", what, shows[what], n)
		}
	}
}
