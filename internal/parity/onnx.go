package parity

import "testing"

// ONNXJob is a file for ONNX Runtime to check and run, with the files of its inputs' bytes.
type ONNXJob struct {
	File   string      `json:"file"`
	Inputs []ONNXInput `json:"inputs"`

	Pictures []string `json:"pictures"` // files, for onnx_predict.py to predict
	Fused    bool     `json:"fused"`    // also report what ONNX Runtime makes of it
}

// ONNXInput is a row-major tensor in a file.
type ONNXInput struct {
	File  string  `json:"file"`
	Shape []int64 `json:"shape"`
}

// ONNXRun is what came of a job: the outputs, in float64, and what the model says of itself, or why it doesn't run.
type ONNXRun struct {
	Error   string `json:"error"`
	Outputs []struct {
		Shape []int64   `json:"shape"`
		Data  []float64 `json:"data"`
	} `json:"outputs"`
	Names    []string          `json:"names"`
	Inputs   [][2]any          `json:"inputs"` // name and shape, in which a text is a size that may be any
	Opset    int               `json:"opset"`
	Metadata map[string]string `json:"metadata"`
	Doc      string            `json:"doc"`
	Ops      map[string]int    `json:"ops"`    // how many nodes of each operator
	Fused    map[string]int    `json:"fused"`  // of what ONNX Runtime makes of it, where the job asks for it
	Labels   []string          `json:"labels"` // the likeliest class of each row of the input

	Probabilities [][]float64 `json:"probabilities"` // of the job's pictures, by the metadata alone
}

// ONNX runs jobs by onnx.checker and ONNX Runtime. Where they aren't installed the test is skipped.
func ONNX(t testing.TB, jobs []ONNXJob) []ONNXRun {
	t.Helper()
	var said struct {
		Absent string    `json:"absent"`
		Models []ONNXRun `json:"models"`
	}
	Python(t, "onnx_run.py", jobs, &said)
	if said.Absent != "" {
		t.Skipf("%s: run the tests by make test to compare with ONNX Runtime", said.Absent)
	}
	return said.Models
}
