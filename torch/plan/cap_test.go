package plan

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Where the environment keeps oneDNN from instructions, a precision is refused with the setting that does, and what isn't refused computes right: bytes
// whose products overflow 16 bits, too.
func TestCappedISA(t *testing.T) {
	const here = "FASTLEARN_CAPPED"
	if os.Getenv(here) != "" {
		for _, p := range []Precision{Int8, BFloat16} {
			err := p.Check()
			if err == nil {
				err = largeProducts(t, p)
			}
			t.Logf("%s: %v.", p, err)
		}
		return
	}
	const all = ^isa(0)
	has := processorISA()
	for _, of := range []struct {
		setting string
		left    isa
	}{
		{"ONEDNN_MAX_CPU_ISA=", all}, {"ONEDNN_MAX_CPU_ISA=ALL", all}, {"ONEDNN_MAX_CPU_ISA=nonsense", all},
		{"ONEDNN_MAX_CPU_ISA=SSE41", 0}, {"ONEDNN_MAX_CPU_ISA=AVX2", 0}, {"ONEDNN_MAX_CPU_ISA=avx512_core", 0}, {"DNNL_MAX_CPU_ISA=AVX2", 0},
		{"ONEDNN_MAX_CPU_ISA=AVX2_VNNI", avxVNNI}, {"ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI", avx512VNNI}, {"ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16", avx512VNNI | avx512BF16},
	} {
		t.Run(of.setting, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run", "^TestCappedISA$", "-test.v")
			cmd.Env = append(os.Environ(), of.setting, here+"=1", "OMP_NUM_THREADS=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for p, need := range needs {
				want := string(p) + ": <nil>."
				switch {
				case !torch.HasOneDNN() || has&need.any == 0:
					want = string(p) + ": this processor has neither "
				case has&of.left&need.any == 0:
					want = string(p) + ": " + of.setting + " leaves oneDNN neither "
				}
				if !strings.Contains(string(out), want) {
					t.Errorf("want %q, got %s", want, out)
				}
			}
		})
	}
}

// largeProducts tells whether a plan computes the largest products right.
func largeProducts(t *testing.T, precision Precision) (err error) {
	torch.NoGrad(func() {
		s := torch.NewScope()
		defer s.Close()
		m := nn.NewConv2d(64, 16, 3, nn.NoBias())
		defer nn.Close(m)
		nn.Eval(m)
		m.Weight.Fill_(1)
		x := s.Full(1, 1, 64, 8, 8)
		g, failed := nn.Trace(m, x)
		if failed != nil {
			t.Fatal(failed)
		}
		weights := map[string]*torch.Tensor{"weight": m.Weight}
		if precision == Int8 {
			known := make([]*graph.Range, len(g.Values))
			known[g.Inputs[0]], known[g.Outputs[0]] = &graph.Range{High: 1}, &graph.Range{High: 64 * 9}
			if err := Calibrate(g, weights, nil, Ranges(known)); err != nil {
				t.Fatal(err)
			}
		}
		p, failed := New(g, weights, precision, x)
		if failed != nil {
			t.Fatal(failed)
		}
		defer p.Close()
		got, failed := p.Run(x)
		if failed != nil {
			t.Fatal(failed)
		}
		if d := Difference(got[0], s.Full(64*9, got[0].Shape()...)); d > 1e-3 {
			err = errors.New("it is off by much")
		}
	})
	return err
}
