package models_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The table of contents is written anew, before what reads it, where FASTLEARN_EVERY_MODEL asks for everything.
func TestWriteContents(t *testing.T) {
	if os.Getenv("FASTLEARN_EVERY_MODEL") == "" {
		t.Skip("make test-models runs it")
	}
	var cases []proof
	for _, name := range models.List() {
		cases = append(cases, proof{Name: fullName(name), Classes: 1000})
	}
	text := []byte("{\n")
	for i, r := range pythonContents(t, cases) {
		name, _ := json.Marshal(cases[i].Name)
		value, _ := json.Marshal(parity.Contents{Hash: r.Hash, Params: r.Params})
		text = append(append(append(append(text, name...), ": "...), value...), ",\n"...)
	}
	text = append(text[:len(text)-2], "\n}\n"...)
	if err := os.WriteFile(filepath.Join(parity.Root(), parity.ContentsFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every model has Python's keys in its order, with its shapes and dtypes, and as many parameters. "make test-models" writes the table.
func TestContents(t *testing.T) {
	want, err := parity.ReadContents(parity.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range models.List() {
		full := fullName(name)
		w, ok := want[full]
		if !ok {
			t.Errorf("%s isn't in %s: run make test-models", full, parity.ContentsFile)
			continue
		}
		delete(want, full)
		var m nn.Module
		nn.SkipInit(func() { m = build(t, full)(1000) })
		if _, hash, params := contents(m); hash != w.Hash || params != w.Params {
			t.Errorf("%s: %d parameters, hash %s, want %d, %s", full, params, hash, w.Params, w.Hash)
		}
		nn.Close(m)
	}
	for name := range want {
		t.Errorf("%s isn't there any more", name)
	}
}

// fullName is a name with its library.
func fullName(name string) string {
	for _, library := range []string{"timm/", "fastai/", "torchvision/"} {
		if a, err := models.Get(library + strings.TrimPrefix(name, library)); err == nil && a.Name == name {
			return library + strings.TrimPrefix(name, library)
		}
	}
	return name
}

// row is a line of the committed table.
type row struct {
	Name   string  `json:"name"`
	Params int64   `json:"params"`
	DType  string  `json:"dtype"`
	Worst  float64 `json:"worst"`
	Where  string  `json:"where,omitempty"`
	parity.Made
}

// Every model is proved, the smallest first, and gets a row in the table that FASTLEARN_EVERY_MODEL names; one that has a row is passed over.
func TestEveryModel(t *testing.T) {
	path := os.Getenv("FASTLEARN_EVERY_MODEL")
	if path == "" {
		t.Skip("make test-models runs it")
	}
	all, err := parity.ReadContents(parity.Root())
	if err != nil {
		t.Fatal(err)
	}
	table := parity.OpenRows(t, path)
	for _, full := range parity.SmallestFirst(all) {
		if table.Has(full) {
			continue
		}
		t.Run(full, func(t *testing.T) {
			collector.Off(t) // of one model: the garbage of all doesn't fit
			c := caseOf(full)
			tol := tolerance
			var m nn.Module
			nn.SkipInit(func() { m = build(t, full)(c.Classes) })
			_, _, params := contents(m)
			nn.Close(m)
			if params > 400e6 { // twice its weights and gradients in float64 are more than 16 GB
				c.DType, tol = "float32", 1e-3
			}
			cases := []proof{c}
			results := provePython(t, cases)
			worst, where := prove(t, cases[0], build(t, full), results[0])
			if !(worst <= tol) {
				t.Errorf("%s differs by %g of its largest element", where, worst)
			}
			if t.Failed() {
				return
			}
			rounded := math.Round(worst*1e17) / 1e17
			table.Append(t, row{full, params, c.DType, rounded, where, table.Made(t)})
		})
	}
}
