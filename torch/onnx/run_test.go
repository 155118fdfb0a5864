package onnx_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// job is a file that ONNX Runtime is to run, and what must come out.
type job struct {
	parity.ONNXJob
	name string
	want [][]float64
}

// newJob writes a model and its inputs.
func newJob(t *testing.T, dir, name string, g *graph.Graph, state *pth.Dict, inputs, outputs []*torch.Tensor) job {
	t.Helper()
	j := job{name: name}
	j.File = filepath.Join(dir, filepath.Base(name)+".onnx")
	var b bytes.Buffer
	if err := onnx.Write(&b, g, state, nil); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(j.File, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for i, x := range inputs {
		file := j.File + strconv.Itoa(i)
		x.Contiguous().WithBytes(func(memory []byte) {
			if err := os.WriteFile(file, memory, 0o666); err != nil {
				t.Fatal(err)
			}
		})
		j.Inputs = append(j.Inputs, parity.ONNXInput{File: file, Shape: x.Shape()})
	}
	for _, y := range outputs {
		j.want = append(j.want, torch.ToSlice[float64](y.To(torch.Float64)))
	}
	return j
}

// runAll has ONNX Runtime run all files, and compares.
func runAll(t *testing.T, jobs []job) []parity.ONNXRun {
	t.Helper()
	var all []parity.ONNXJob
	for _, j := range jobs {
		all = append(all, j.ONNXJob)
	}
	runs := parity.ONNX(t, all)
	for i, r := range runs {
		j := jobs[i]
		if r.Error != "" || len(r.Outputs) < len(j.want) {
			t.Errorf("%s: %s, %d outputs, want %d", j.name, r.Error, len(r.Outputs), len(j.want))
			continue
		}
		for n, want := range j.want {
			scale := 1.0 // fresh weights give deep models logits of thousands
			for _, v := range want {
				scale = max(scale, math.Abs(v))
			}
			parity.Close(t, j.name+" "+r.Names[n], r.Outputs[n].Data, want, 1e-4*scale)
		}
	}
	return runs
}
