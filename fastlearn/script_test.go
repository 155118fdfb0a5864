package fastlearn_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

type scripted struct {
	Losses, Outputs []float64
	Keys            []string
	Training        bool
}

// scriptLearner trains a module on the file that script.py wrote, in float64.
func scriptLearner(t *testing.T, s *torch.Scope, dir string, m nn.Module, opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	t.Helper()
	inputs, err := readState(s, filepath.Join(dir, "data.pth"))
	if err != nil {
		t.Fatal(err)
	}
	loader := &data.TensorLoader{X: inputs["x"], Y: inputs["y"], BatchSize: 4}
	options := []fastlearn.LearnerOption{fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.OptFunc(optim.SGD{Momentum: 0.9}), fastlearn.WD(0), fastlearn.Moms(0.9, 0.9, 0.9), fastlearn.Logger(nil), fastlearn.Path(dir), fastlearn.ModelDir(".")}
	learn, err := fastlearn.NewLearner(data.NewLoaders(loader, loader, torch.DefaultDevice()), m, append(options, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return learn
}

// A script and traces from Python are trained as PyTorch trains the net they were made of,
// and go back to Python, where they are trained on.
func TestTorchScript(t *testing.T) {
	collector.Off(t)
	dir := t.TempDir()
	var want map[string]scripted
	parity.Python(t, "script.py", map[string]any{"dir": dir, "step": "make"}, &want)
	before := torch.LiveTensors()
	kinds := []string{"script", "recurrent", "trace", "trace_eval"}
	for _, kind := range kinds {
		s := torch.NewScope()
		m, err := jit.Load(filepath.Join(dir, kind+".pt"))
		if err != nil {
			t.Fatal(err)
		}
		record := &recordSteps{}
		learn := scriptLearner(t, s, dir, m, fastlearn.Callbacks(record))
		var keys []string
		for _, n := range nn.StateDict(learn.Model) {
			keys = append(keys, n.Name)
		}
		if !slices.Equal(keys, want[kind].Keys) {
			t.Errorf("%s: keys %v, want %v", kind, keys, want[kind].Keys)
		}
		if err := learn.Fit(t.Context(), 2, fastlearn.LR(0.1)); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		parity.Relative(t, kind+": losses", record.Losses, want[kind].Losses, 1e-9)
		inputs, err := readState(s, filepath.Join(dir, "data.pth"))
		if err != nil {
			t.Fatal(err)
		}
		torch.NoGrad(func() {
			nn.Eval(m)
			parity.Close(t, kind+": outputs", torch.ToSlice[float64](m.Forward(inputs["x"].To(learn.DLs.Device))), want[kind].Outputs, parity.Rounding(parity.Float64, 64, parity.Largest(want[kind].Outputs)))
		})
		if _, err := learn.Save(kind); err != nil { // weights alone, too
			t.Error(err)
		}
		if err := jit.Save(m, filepath.Join(dir, kind+".trained.pt")); err != nil {
			t.Fatal(err)
		}
		learn.Close()
		s.Close()
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	var back map[string]scripted
	parity.Python(t, "script.py", map[string]any{"dir": dir, "step": "read", "kinds": kinds}, &back)
	for _, kind := range kinds {
		parity.Close(t, kind+": outputs in Python", back[kind].Outputs, want[kind].Outputs, parity.Rounding(parity.Float64, 64, parity.Largest(want[kind].Outputs)))
		if back[kind].Training {
			t.Errorf("%s: saved in evaluation, loaded in training", kind)
		}
		if l := back[kind].Losses; !(sum(l) < sum(want[kind].Losses)) {
			t.Errorf("%s: Python can't train on: losses %v after %v", kind, l, want[kind].Losses)
		}
	}

	t.Run("parts", func(t *testing.T) { scriptParts(t, dir) })
	t.Run("errors", func(t *testing.T) { scriptErrors(t, dir) })
}

// A script's parts make parameter groups, its norms are known, and it follows to another dtype.
func scriptParts(t *testing.T, dir string) {
	m, err := jit.Load(filepath.Join(dir, "script.pt"))
	if err != nil {
		t.Fatal(err)
	}
	s := torch.NewScope()
	defer s.Close()
	split := func(m nn.Module) (groups [][]*torch.Tensor) {
		for _, c := range nn.Children(m) {
			groups = append(groups, nn.Parameters(c.Module))
		}
		return groups
	}
	learn := scriptLearner(t, s, dir, m, fastlearn.SplitBy(split))
	defer learn.Close()
	if err := learn.Freeze(); err != nil {
		t.Fatal(err)
	}
	start := map[string][]float64{}
	for _, n := range nn.StateDict(learn.Model) {
		start[n.Name] = torch.ToSlice[float64](n.Detach().MoveTo(s).To(torch.Float64))
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.1)); err != nil {
		t.Fatal(err)
	}
	for _, n := range nn.StateDict(learn.Model) {
		moved := !slices.Equal(start[n.Name], torch.ToSlice[float64](n.Detach().MoveTo(s).To(torch.Float64)))
		if frozen := n.Name == "body.0.weight" || n.Name == "body.0.bias"; moved == frozen {
			t.Errorf("%s changed: %v", n.Name, moved) // frozen norms are trained
		}
	}
	nn.To(m, torch.Float32)
	torch.NoGrad(func() {
		if y := m.Forward(s.Ones(2, 3, 6, 6).To(learn.DLs.Device)); y.DType() != torch.Float32 {
			t.Errorf("outputs are %v", y.DType())
		}
	})
}

func scriptErrors(t *testing.T, dir string) {
	if _, err := jit.Load(filepath.Join(dir, "absent.pt")); err == nil || !strings.Contains(err.Error(), "absent.pt") {
		t.Errorf("absent: %v", err)
	}
	cut := filepath.Join(dir, "cut.pt")
	inputs, err := os.ReadFile(filepath.Join(dir, "script.pt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, inputs[:len(inputs)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"weights.pth", "cut.pt"} {
		if _, err := jit.Load(filepath.Join(dir, file)); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "torch.jit.script") {
			t.Errorf("%s: %v", file, err)
		}
	}
	s := torch.NewScope()
	defer s.Close()
	pair, err := jit.Load(filepath.Join(dir, "pair.pt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := torch.Try(func() { pair.Forward(s.Ones(1)) }); err == nil || !strings.Contains(err.Error(), "Tuple") {
		t.Errorf("two outputs: %v", err)
	}
	nn.Close(pair)
	nn.Close(pair)
	if err := torch.Try(func() { pair.Forward(s.Ones(1)) }); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("closed: %v", err)
	}
	if err := jit.Save(pair, filepath.Join(dir, "closed.pt")); err == nil {
		t.Error("a closed module can't be saved")
	}
	m, err := jit.Load(filepath.Join(dir, "script.pt"))
	if err != nil {
		t.Fatal(err)
	}
	defer nn.Close(m)
	if err := torch.Try(func() { m.Forward(s.Ones(2, 3, 6, 6)) }); err == nil {
		t.Error("float32 into a float64 model")
	}
	if err := jit.Save(m, filepath.Join(dir, "no", "such", "folder.pt")); err == nil {
		t.Error("a folder that is not there")
	}
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
