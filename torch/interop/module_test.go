package interop_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/interop"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/sugarme/gotch"
	gotchnn "github.com/sugarme/gotch/nn"
	"github.com/sugarme/gotch/ts"
)

// gotchNet is a net of gotch's, and its like of ours with the same weights.
func gotchNet(t *testing.T) (*gotchnn.VarStore, *interop.Module, nn.Module) {
	t.Helper()
	var vs *gotchnn.VarStore
	var m *interop.Module
	var err error
	interop.Guard(func() {
		vs = gotchnn.NewVarStore(gotch.CPU)
		root := vs.Root()
		conv := gotchnn.NewConv2D(root.Sub("conv"), 3, 4, 3, gotchnn.DefaultConv2DConfig())
		bn := gotchnn.BatchNorm2D(root.Sub("norm"), 4, gotchnn.DefaultBatchNormConfig())
		head := gotchnn.NewLinear(root.Sub("out"), 4*4*4, 3, gotchnn.DefaultLinearConfig())
		model := gotchnn.NewFuncT(func(x *ts.Tensor, train bool) *ts.Tensor {
			x = bn.ForwardT(conv.ForwardT(x, train), train).MustRelu(true)
			return head.ForwardT(x.MustView([]int64{-1, 4 * 4 * 4}, true), train)
		})
		m, err = interop.NewModule(vs, model)
	})
	if err != nil {
		t.Fatal(err)
	}
	like := nn.NewSequential(nn.NewConv2d(3, 4, 3), nn.NewBatchNorm(4), &nn.ReLU{}, &nn.Flatten{}, nn.NewLinear(64, 3))
	state := map[string]*torch.Tensor{}
	names := strings.NewReplacer("conv.", "0.", "norm.", "1.", "out.", "4.")
	for _, n := range nn.StateDict(m) {
		state[names.Replace(n.Name)] = n.Tensor
	}
	if err := nn.LoadStateDict(like, state); err != nil {
		t.Fatal(err)
	}
	return vs, m, like
}

// A Learner trains a model of gotch's as it trains one of ours, saves it under its
// VarStore's names, and gotch sees the trained weights.
func TestGotchModelTrains(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	vs, m, like := gotchNet(t)
	x := s.Randn(8, 3, 6, 6)
	y := torch.FromSlice(s, []int64{0, 1, 2, 0, 1, 2, 0, 1})
	loader := &data.TensorLoader{X: x, Y: y, BatchSize: 4}
	dls := data.NewLoaders(loader, loader, torch.CPU)
	var weights [2]map[string][]float64
	dir := t.TempDir()
	for i, model := range []nn.Module{m, like} {
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.OptFunc(optim.SGD{}),
			fastlearn.WD(0.1), fastlearn.Logger(nil), fastlearn.Path(dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := learn.Fit(context.Background(), 3, fastlearn.LR(0.1)); err != nil {
			t.Fatal(err)
		}
		weights[i] = map[string][]float64{}
		for _, n := range nn.StateDict(learn.Model) {
			weights[i][n.Name] = torch.ToSlice[float64](n.Detach().MoveTo(s).To(torch.Float64))
		}
		if i == 0 {
			if _, err := learn.Save("gotch"); err != nil {
				t.Fatal(err)
			}
			if err := learn.Load(filepath.Join(dir, "models", "gotch.pth")); err != nil {
				t.Error(err)
			}
		}
	}
	for ours, theirs := range parity.Sorted(map[string]string{"conv.weight": "0.weight", "norm.weight": "1.weight", "norm.bias": "1.bias",
		"norm.running_mean": "1.running_mean", "norm.running_var": "1.running_var", "out.bias": "4.bias"}) {
		a, b := weights[0][ours], weights[1][theirs]
		if len(a) == 0 || len(a) != len(b) {
			t.Fatalf("%s: %d numbers, want %d", ours, len(a), len(b))
		}
		for i := range a {
			if d := a[i] - b[i]; d > 1e-6 || d < -1e-6 {
				t.Errorf("%s: %v, want %v", ours, a[i], b[i])
				break
			}
		}
	}
	v := vs.Variables()["conv.weight"]
	if got := v.Float64Values(); got[0] != weights[0]["conv.weight"][0] {
		t.Errorf("the VarStore has %v, the module %v", got[0], weights[0]["conv.weight"][0])
	}
	nn.To(m, torch.Float64)
	if err := torch.Try(func() { m.Forward(x) }); err == nil || !strings.Contains(err.Error(), "VarStore") {
		t.Errorf("moved to another dtype: %v", err)
	}
	nn.Close(m)
	nn.Close(like)
	v = vs.Variables()["conv.weight"]
	if v.Float64Values()[0] != weights[0]["conv.weight"][0] {
		t.Error("the VarStore's variables must outlive the module")
	}
	if _, err := interop.NewModule(nil, nil); err == nil {
		t.Error("no VarStore")
	}
}

// What a model of gotch's computes is recorded as anything else, with the VarStore's names, up to its linear layer: that keeps
// a view of its weight, which is not a parameter.
func TestGotchModelIsRecorded(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	_, m, _ := gotchNet(t)
	defer nn.Close(m)
	nn.Eval(m)
	g, err := nn.Record(m, s.Randn(2, 3, 6, 6))
	if err == nil || !strings.Contains(err.Error(), "aten::matmul: its argument other, float32[64×3], is neither") {
		t.Error(err)
	}
	for _, key := range []string{"conv.weight", "norm.running_var", "out.bias"} {
		if _, ok := g.Weights[key]; !ok {
			t.Errorf("no %s: %v", key, g.Weights)
		}
	}
	if g.Nodes[0].MACs.Const != 2*4*4*4*3*3*3 {
		t.Errorf("%d multiply-adds", g.Nodes[0].MACs.Const)
	}
}
