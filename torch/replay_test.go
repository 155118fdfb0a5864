package torch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// A graph may come from a stranger's file: what reaches beyond its tensors isn't run, in any overload.
func TestReplayReachesNothingOutside(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made")
	fromFile := map[string]any{"filename": made, "shared": true, "size": graph.Int{Const: 8}}
	for _, c := range []struct {
		op   string
		args map[string]any
	}{
		{"aten::from_file", fromFile}, {"aten::from_file.out", fromFile}, {"c10d::barrier", nil}, {"_c10d_functional::all_reduce", nil},
		{"profiler::_record_function_enter_new", map[string]any{"name": "x", "args": nil}}, {"inductor::_reinterpret_tensor", nil},
		{"symm_mem::one_shot_all_reduce", nil}, {"debugprims::load_tensor", nil},
	} {
		t.Run(c.op, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			values := []graph.Value{{DType: "float32", Shape: []graph.Int{{Const: 8}}}, {DType: "float32", Shape: []graph.Int{{Const: 8}}}}
			g := &graph.Graph{Inputs: []graph.Ref{0}, Values: values, Outputs: []graph.Ref{1}, Nodes: []graph.Node{{Op: c.op, Args: c.args, Results: []graph.Ref{1}}}}
			if _, err := torch.Replay(g, nil, s.Zeros(8)); err == nil || !strings.Contains(err.Error(), c.op+" reaches beyond") {
				t.Errorf("got %v, want a refusal", err)
			}
			if _, err := os.Stat(made); !os.IsNotExist(err) {
				t.Errorf("a file was made: %v", err)
			}
		})
	}
}
