package fastlearn_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// ONNX Runtime gives a learner's logits and probabilities, whatever the head and the target, and its file tells what it takes.
func TestExportONNX(t *testing.T) {
	torch.ManualSeed(3)
	paths := fixture.ColourFolders(t, 8, "blue", "red")
	dir := t.TempDir()
	var jobs []parity.ONNXJob
	var wants [][][]float64
	var vocabs [][]string
	for _, c := range exportCases() {
		if !slices.Contains([]string{"classes", "grey, several labels", "a number", "numbers, custom head"}, c.name) {
			continue
		}
		learn := c.learner(t, paths)
		file, err := learn.ExportONNX(filepath.Join(dir, strings.ReplaceAll(c.name, " ", "-")))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s := torch.NewScope()
		defer s.Close()
		x := s.Randn(3, int64(map[bool]int{true: 1, false: 3}[c.name == "grey, several labels"]), 32, 32)
		var logits *torch.Tensor
		nn.Eval(learn.Model)
		torch.NoGrad(func() { logits = nn.Call(learn.Model, x.To(learn.DLs.Device)) })
		want := [][]float64{torch.ToSlice[float64](logits.To(torch.Float64))}
		if probs := learn.Loss.Activation(logits.Clone()); !probs.Equal(logits) {
			want = append(want, torch.ToSlice[float64](probs.To(torch.Float64)))
		}
		x.WithBytes(func(memory []byte) { err = os.WriteFile(file+".input", memory, 0o666) })
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, parity.ONNXJob{File: file, Inputs: []parity.ONNXInput{{File: file + ".input", Shape: x.Shape()}}})
		wants, vocabs = append(wants, want), append(vocabs, learn.DLs.Vocab)
	}
	for i, r := range parity.ONNX(t, jobs) {
		name := filepath.Base(jobs[i].File)
		if r.Error != "" || len(r.Outputs) != len(wants[i]) {
			t.Errorf("%s: %s, %d outputs, want %d", name, r.Error, len(r.Outputs), len(wants[i]))
			continue
		}
		for n, want := range wants[i] {
			parity.Close(t, name+" "+r.Names[n], r.Outputs[n].Data, want, 1e-4)
		}
		if _, anyBatch := r.Inputs[0][1].([]any)[0].(string); !anyBatch || r.Inputs[0][0] != "input" || r.Names[0] != "output" || r.Opset < 17 {
			t.Errorf("%s: inputs %v, outputs %v, opset %d", name, r.Inputs, r.Names, r.Opset)
		}
		if r.Labels != nil != (vocabs[i] != nil && len(wants[i]) == 2) {
			t.Errorf("%s: labels %q", name, r.Labels)
		}
		for n, label := range r.Labels {
			row := wants[i][1][n*len(vocabs[i]) : (n+1)*len(vocabs[i])]
			if want := vocabs[i][slices.Index(row, slices.Max(row))]; label != want {
				t.Errorf("%s: row %d is %q, want %q", name, n, label, want)
			}
		}
		var size []int64
		var classes []string
		var mean, std []float64
		for key, into := range parity.Sorted(map[string]any{"size": &size, "mean": &mean, "std": &std}) {
			if err := json.Unmarshal([]byte(r.Metadata[key]), into); err != nil {
				t.Errorf("%s: %s %q: %v", name, key, r.Metadata[key], err)
			}
		}
		if text := r.Metadata["classes"]; text != "" && json.Unmarshal([]byte(text), &classes) != nil || !slices.Equal(classes, vocabs[i]) {
			t.Errorf("%s: classes %q, want %q", name, classes, vocabs[i])
		}
		if !slices.Equal(size, []int64{32, 32}) || len(mean) == 0 || len(mean) != len(std) || r.Metadata["item_tfms"] == "" || !strings.Contains(r.Doc, "less the channel's mean") {
			t.Errorf("%s: %v, %q", name, r.Metadata, r.Doc)
		}
	}
}

// What inspect converts without libtorch is what ExportONNX writes; a model without a graph is an error that tells why, and nothing is written.
func TestInspectToONNX(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	path, err := learn.ExportONNX("flowers")
	if err != nil || filepath.Base(path) != "flowers.onnx" {
		t.Fatal(path, err)
	}
	exported, err := learn.Export("x", fastlearn.OwnModel("ONNX"))
	if err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(filepath.Dir(path), "theirs.ONNX")
	if _, err := inspect.Convert(exported, theirs); err != nil {
		t.Fatal(err)
	}
	a, err1 := os.ReadFile(path)
	b, err2 := os.ReadFile(theirs)
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("%d and %d bytes that differ: %v, %v", len(a), len(b), err1, err2)
	}

	own, err := fastlearn.NewLearner(dls, &moody{Inner: fixture.SmallModel(2)}, fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if _, err := own.ExportONNX("x"); err == nil || !strings.Contains(err.Error(), "is read into Go") {
		t.Error(err)
	}
	if found, _ := filepath.Glob(filepath.Join(own.Path, "*")); len(found) > 0 {
		t.Errorf("%q is left", found)
	}
	for _, name := range []string{"", ".ONNX", "x.safetensors", "dir/"} {
		if _, err := learn.ExportONNX(name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
}
