package callback_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// From the same seed CutMix draws, cuts and learns as fastai's, for classes and for numbers; the
// pictures that the loader keeps stay as they are.
func TestCutMixEqualsFastai(t *testing.T) {
	var want []struct {
		Xs              [][]float64
		Losses, Weights []float64
	}
	parity.Python(t, "cutmix.py", nil, &want)
	for i, nOut := range []int64{3, 1} {
		s := torch.NewScope()
		defer s.Close()
		numbers := func(n int, by float64) *torch.Tensor {
			return s.With(torch.Float32).Arange(int64(n)).DivScalar(by)
		}
		x, y, value := numbers(12*2*7*9, 1000).View(12, 2, 7, 9), torch.FromSlice(s, []int64{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}), loss.Loss(loss.CrossEntropy{})
		if nOut == 1 {
			y, value = numbers(12, 12).View(12, 1), loss.MSE{}
		}
		before := x.Clone()
		linear := nn.NewLinear(126, nOut)
		torch.NoGrad(func() {
			linear.Weight.Copy_(numbers(int(126*nOut), 1000).View(nOut, 126))
			linear.Bias.Zero_()
		})
		note := &noteMixed{}
		dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 4}, torch.CPU)
		learn, err := fastlearn.NewLearner(dls, nn.NewSequential(&nn.Flatten{}, linear), fastlearn.LossFunc(value), fastlearn.OptFunc(optim.SGD{}), fastlearn.Callbacks(callback.CutMix(1), note), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		torch.ManualSeed(11)
		if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.001)); err != nil {
			t.Fatal(err)
		}
		if !x.Equal(before) {
			t.Error("the loader's pictures are changed")
		}
		cut := 0
		for k := range 3 {
			parity.Close(t, "cut inputs", note.xs[k], want[i].Xs[k], 0) // pixels are only moved
			if plain := torch.ToSlice[float64](before.Narrow(0, int64(4*k), 4).To(torch.Float64)); !equalFloats(plain, note.xs[k]) {
				cut++
			}
		}
		parity.Close(t, "losses", note.losses, want[i].Losses, parity.Rounding(parity.Float32, 126, parity.Largest(want[i].Losses)))
		weights := append(torch.ToSlice[float64](linear.Weight.Detach().MoveTo(s).To(torch.Float64)), torch.ToSlice[float64](linear.Bias.Detach().MoveTo(s).To(torch.Float64))...)
		parity.Close(t, "weights", weights, want[i].Weights, parity.Rounding(parity.Float32, 3, parity.Largest(want[i].Weights))) // after three steps
		if cut == 0 {
			t.Error("nothing was cut")
		}
	}
}

func equalFloats(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestCutMixRefuses(t *testing.T) {
	learn := fixture.Line(t)
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(callback.CutMix(1))); err == nil {
		t.Error("inputs that aren't pictures must be refused")
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(0.01), fastlearn.Callbacks(callback.CutMix(1), callback.MixUp(0.4))); err == nil {
		t.Error("CutMix and MixUp together must be refused")
	}
	if err := learn.AddCallbacks(callback.CutMix(-1)); err == nil {
		t.Error("CutMix(-1) must be refused")
	}
	if _, plain := learn.Loss.(fixture.Squared); !plain {
		t.Errorf("the value is left as %T", learn.Loss)
	}
}
