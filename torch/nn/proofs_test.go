package nn_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// trainStep is one optimizer step of a batch: a GAN takes two of them.
type trainStep struct {
	of   func(m nn.Module) []*torch.Tensor // the parameters it changes
	loss func(m nn.Module, x, y *torch.Tensor) *torch.Tensor
}

// classifierStep trains a model whose outputs are logits.
var classifierStep = trainStep{nn.Parameters, func(m nn.Module, x, y *torch.Tensor) *torch.Tensor {
	return torch.CrossEntropy(nn.Call(m, x), y.To(torch.Int64), torch.CrossEntropyOptions{Reduction: torch.ReductionMean})
}}

// waves returns numbers between -2 and 2.
func waves(shape ...int64) (values []float64) {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	for i := range n {
		values = append(values, 2*math.Sin(float64(i)*1.37+.5))
	}
	return values
}

// compareTraining compares a model with Python's of the same name. Starting from Python's weights, the logits and the gradients of each step are equal
// within 1e-5, in float64 within 1e-10, where the weights after five steps of SGD are equal too.
func compareTraining(t *testing.T, name string, build func() nn.Module, index bool, x []float64, shape []int64, y []float64, yShape []int64, steps ...trainStep) {
	folders := map[string]string{"float32": t.TempDir(), "float64": t.TempDir()}
	var logits map[string][]float64
	parity.Python(t, "architectures.py", map[string]any{"name": name, "folders": folders, "index": index, "x": x, "shape": shape, "y": y, "y_shape": yShape}, &logits)
	for _, p := range []struct {
		dtype torch.DType
		tol   float64
	}{{torch.Float32, 1e-5}, {torch.Float64, 1e-10}} {
		t.Run(p.dtype.String(), func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			dir, want := folders[p.dtype.String()], logits[p.dtype.String()]
			load := func(file string) nn.Module { // a model with the tensors of one of Python's files as its weights
				m := build()
				nn.To(m, p.dtype)
				if bad, err := nn.LoadFile(m, filepath.Join(dir, file+".pth"), nn.LoadOptions{}); err != nil {
					t.Fatal(err, bad)
				}
				return m
			}
			same := func(what string, got, want *torch.Tensor) {
				t.Helper()
				parity.Close(t, what, numbers(got), numbers(want), p.tol*max(1, parity.Largest(numbers(want))))
			}
			m, grads := load("start"), load("grads")
			defer nn.Close(m)
			defer nn.Close(grads)
			in, target := torch.FromSlice(s, x, shape...).To(p.dtype), torch.FromSlice(s, y, yShape...).To(p.dtype)
			if index {
				in = in.To(torch.Int64)
			}
			parity.Close(t, "logits", numbers(nn.Call(m, in)), want, p.tol*max(1, parity.Largest(want)))
			var opts []*optim.Optimizer
			for _, step := range steps {
				o := optim.New(optim.SGD{Momentum: .9}, step.of(m))
				defer o.Close()
				if err := o.Set("lr", .05); err != nil {
					t.Fatal(err)
				}
				opts = append(opts, o)
			}
			for round := range 5 {
				for i, step := range steps {
					torch.ZeroGrad(nn.Parameters(m))
					batch := s.Child()
					step.loss(m, in.In(batch), target).Backward()
					if round == 0 {
						wants := step.of(grads)
						for k, got := range step.of(m) {
							same("gradient", got.Grad(), wants[k])
						}
					}
					opts[i].Step()
					batch.Close()
				}
			}
			if p.dtype == torch.Float32 { // rounding alone makes trajectories differ
				return
			}
			after := load("after")
			defer nn.Close(after)
			wants := nn.StateDict(after)
			for k, got := range nn.StateDict(m) {
				same(got.Name+" after five steps", got.Tensor, wants[k].Tensor)
			}
		})
	}
}
