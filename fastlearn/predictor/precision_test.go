package predictor_test

import (
	"bytes"
	"log"
	"math"
	"os"
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

// A file that asks for bfloat16 is computed in it where the processor can and the file has a graph, and else in float32, with a line that
// says why; predictions are the learner's either way.
func TestPrecision(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	learn, _ := smallPredictor(t, files)
	file, err := learn.Export("half", fastlearn.BF16())
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	without := map[string]string{}
	for k, v := range f.Metadata {
		without[k] = v
	}
	without[graph.Key] = `{"refused":"it was in the way"}`
	bare := t.TempDir() + "/bare.safetensors"
	if err := safetensors.WriteFile(bare, f.StateDict(), safetensors.Checksums(), safetensors.Metadata(without)); err != nil {
		t.Fatal(err)
	}
	can := plan.BFloat16.Check()
	for path, lacks := range parity.Sorted(map[string]error{file: can, bare: os.ErrNotExist}) {
		var p *predictor.Predictor
		line := logged(func() { p, err = predictor.Load(path, predictor.OnDevice(torch.CPU)) })
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		want, tolerance := "float32", 1e-5
		if lacks == nil {
			want, tolerance = "bf16", 0.02
		}
		if said := strings.Contains(line, "computes in float32, and not in bf16"); p.Precision() != want || said != (lacks != nil) {
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
					t.Errorf("class %d is %g, and the learner's %g", i, got.Probs[i], v)
				}
			}
		}
	}
	if _, err := learn.Export("own", fastlearn.OwnModel("own"), fastlearn.BF16()); err == nil || !strings.Contains(err.Error(), "bf16") {
		t.Errorf("a custom model in bfloat16: %v", err)
	}
}
