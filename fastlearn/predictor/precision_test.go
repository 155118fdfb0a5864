package predictor_test

import (
	"bytes"
	"log"
	"maps"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// logged is what f logs.
func logged(f func()) string {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	f()
	return lines.String()
}

// A file that asks for bfloat16 or bytes is computed in them where the processor can and the file has a graph, and else in float32, with a line that
// says why; predictions are the learner's either way.
func TestPrecision(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	learn, _ := smallPredictor(t, files)
	for _, of := range []struct {
		precision plan.Precision
		option    fastlearn.ExportOption
		tolerance float64
	}{{plan.BFloat16, fastlearn.BF16(), 0.02}, {plan.BFloat16, fastlearn.BF16(plan.FloatFirst(), plan.FloatLast()), 0.02}, {plan.Int8, fastlearn.Int8(learn.DLs.Valid, 2), 0.05}} {
		file, err := learn.Export("small", of.option)
		if err != nil {
			t.Fatal(err)
		}
		tryPrecision(t, learn, files, file, of.precision, of.precision.Check(), of.tolerance)
		tryPrecision(t, learn, files, withoutGraph(t, file), of.precision, os.ErrNotExist, of.tolerance)
		if _, err := learn.Export("own", fastlearn.OwnModel("own"), of.option); err == nil || !strings.Contains(err.Error(), string(of.precision)) {
			t.Errorf("a custom model in %s: %v", of.precision, err)
		}
	}
	for what, option := range parity.Sorted(map[string]fastlearn.ExportOption{"no loader": fastlearn.Int8(nil, 2), "no batch": fastlearn.Int8(learn.DLs.Valid, 0)}) {
		if _, err := learn.Export("bad", option); err == nil || !strings.Contains(err.Error(), "want a loader and one batch") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The same holds where the environment keeps oneDNN from instructions that the processor has.
func TestPrecisionCapped(t *testing.T) {
	for _, setting := range []string{"ONEDNN_MAX_CPU_ISA=AVX2", "ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI", "DNNL_MAX_CPU_ISA=SSE41"} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestPrecision$", "-test.v")
		cmd.Env = append(os.Environ(), setting)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestPrecision") {
			t.Errorf("%s: %v: %s", setting, err, out)
		}
	}
}

// withoutGraph is a copy of a file whose graph is refused.
func withoutGraph(t *testing.T, file string) string {
	f, err := safetensors.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	metadata := maps.Clone(f.Metadata)
	metadata[graph.Key] = `{"refused":"it was in the way"}`
	bare := t.TempDir() + "/bare.safetensors"
	if err := safetensors.WriteFile(bare, f.StateDict(), safetensors.Checksums(), safetensors.Metadata(metadata)); err != nil {
		t.Fatal(err)
	}
	return bare
}

// tryPrecision loads a file that asks for a precision on a machine that lacks something for it, or nothing.
func tryPrecision(t *testing.T, learn *fastlearn.Learner, files []string, path string, precision plan.Precision, lacks error, tolerance float64) {
	t.Helper()
	var p *predictor.Predictor
	var err error
	line := logged(func() { p, err = predictor.Load(path, predictor.OnDevice(torch.CPU)) })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want := string(precision)
	if lacks != nil {
		want, tolerance = "float32", 1e-5
	}
	why := ""
	if lacks != nil && lacks != os.ErrNotExist {
		why = lacks.Error()
	}
	if said := strings.Contains(line, "computes in float32, and not in "+string(precision)) && strings.Contains(line, why); p.Precision() != want || said != (lacks != nil) {
		t.Errorf("it computes in %s, want %s, and logs %q", p.Precision(), want, line)
	}
	for _, picture := range files[:4] {
		right, err := learn.Predict(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Predict(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range right.Probs {
			if !(math.Abs(got.Probs[i]-v) < tolerance) {
				t.Errorf("in %s class %d is %g, and the learner's %g", want, i, got.Probs[i], v)
			}
		}
	}
}
