package fastlearn_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// moody goes by the pictures' brightness, and panics where it is told to.
type moody struct {
	nn.Base
	Inner  nn.Module
	panics bool
}

func (m *moody) Forward(x *torch.Tensor) *torch.Tensor {
	if m.panics {
		panic("not today")
	}
	y := nn.Call(m.Inner, x)
	if x.Max().Item() > 1e9 {
		return y.Neg()
	}
	return y
}

// stored reads what a file says of its model's forward pass.
func stored(t *testing.T, path string) (*safetensors.File, graph.Stored) {
	t.Helper()
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	var pass graph.Stored
	err = json.Unmarshal([]byte(file.Metadata[graph.Key]), &pass)
	if err != nil {
		t.Fatal(err)
	}
	return file, pass
}

// An exported file has the model's forward pass, which its weights and nothing else run, and leaves the learner as it was.
func TestExportedGraph(t *testing.T) {
	collector.Off(t)
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	s := torch.NewScope()
	defer s.Close()
	nn.Train(learn.Model)
	rng, live := rngOf(t), torch.LiveTensors()
	file, err := learn.Export("x")
	if err != nil {
		t.Fatal(err)
	}
	if !nn.IsTraining(learn.Model) || rngOf(t) != rng || torch.LiveTensors() != live {
		t.Errorf("the learner isn't as it was, or tensors are left: %d", torch.LiveTensors()-live)
	}
	f, pass := stored(t, file)
	if pass.Graph == nil || pass.Refused != "" {
		t.Fatalf("no graph: %q", pass.Refused)
	}
	weights, err := nn.FromPTH(s, f, f.StateDict())
	if err != nil {
		t.Fatal(err)
	}
	nn.Eval(learn.Model)
	in := pass.Graph.Values[pass.Graph.Inputs[0]].Shape
	torch.NoGrad(func() {
		x := s.Randn(5, in[1].Const, in[2].Const, in[3].Const)
		nn.To(learn.Model, torch.CPU) // where the file's weights are
		outputs, err := torch.Replay(pass.Graph, weights, x)
		if err != nil {
			t.Fatal(err)
		}
		if !outputs[0].Equal(learn.Model.Forward(x)) {
			t.Error("the file's graph isn't the model")
		}
	})
}

// A model that can't be traced is exported all the same, and the file says why there is no graph.
func TestExportWithoutGraph(t *testing.T) {
	paths := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, paths, data.BatchSize(4))
	m := &moody{Inner: fixture.SmallModel(2)}
	learn, err := fastlearn.NewLearner(dls, m, fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	for want, panics := range parity.Sorted(map[string]bool{"aten::item: its result, a number, is read into Go": false, "moody).Forward panicked: not today": true}) {
		m.panics = panics
		file, err := learn.Export("x", fastlearn.OwnModel("moody"))
		if err != nil {
			t.Fatal(err)
		}
		if _, pass := stored(t, file); pass.Graph != nil || !strings.Contains(pass.Refused, want) {
			t.Errorf("want %q: %q", want, pass.Refused)
		}
		p, err := predictor.Load(file, predictor.BuildModel(func(string) (nn.Module, error) { return &moody{Inner: fixture.SmallModel(2)}, nil }))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Predict(t.Context(), paths[0]); err != nil {
			t.Error(err)
		}
		p.Close()
	}
}

// A vision learner's file has the graph of its body and head.
func TestExportedGraphOfAVisionLearner(t *testing.T) {
	learn := untrained(t, vision.ResNet18, 64)
	file, err := learn.Export(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	_, pass := stored(t, file)
	if pass.Graph == nil {
		t.Fatal(pass.Refused)
	}
	var ops []string
	for _, n := range pass.Graph.Nodes[69-3:] { // behind ResNet-18's body
		ops = append(ops, n.Op+" "+n.Module)
	}
	want := "aten::adaptive_max_pool2d 1.0, aten::adaptive_avg_pool2d 1.0, aten::cat 1.0, aten::flatten.using_ints 1.1, aten::batch_norm 1.2, " +
		"aten::linear 1.4, aten::relu_ 1.5, aten::batch_norm 1.6, aten::linear 1.8"
	if got := strings.Join(ops, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
