package nn_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Two passes in training may come before the backward pass of both, as in a GAN's step; nothing is left but the model and its
// gradients, and the layers can be traced.
func TestParametrizedLayers(t *testing.T) {
	collector.Off(t)
	for name, wrap := range parity.Sorted(map[string]func(nn.Module) *nn.Parametrized{"weight": nn.WeightNorm, "spectral": nn.SpectralNorm}) {
		t.Run(name, func(t *testing.T) {
			before := torch.LiveTensors()
			m := nn.NewSequential(wrap(nn.NewConv2d(2, 3, 3, nn.SamePadding(), nn.PaddingMode("reflect"))), &nn.ReLU{}, wrap(nn.NewConvTranspose2d(3, 2, 2)))
			s := torch.NewScope()
			x := s.Ones(2, 2, 4, 5)
			tensors := s.Len()
			y := nn.Call(m, x)
			if n := s.Len() - tensors; n != 1 {
				t.Errorf("a pass leaves %d tensors", n)
			}
			y.Sub(nn.Call(m, x.MulScalar(2))).Sum().Backward()
			torch.ZeroGrad(nn.Parameters(m))
			nn.Eval(m)
			if _, err := nn.Trace(m, x); err != nil {
				t.Error(err)
			}
			torch.NoGrad(func() { nn.Call(m, x) })
			s.Close()
			nn.Close(m)
			if n := torch.LiveTensors() - before; n != 0 {
				t.Errorf("%d tensors are left", n)
			}
		})
	}
}

// What is frozen stays frozen, and the mode is the layer's.
func TestParametrizedLayersKeepWhatIsFrozen(t *testing.T) {
	for _, wrap := range []func(nn.Module) *nn.Parametrized{nn.WeightNorm, nn.SpectralNorm} {
		for _, bias := range []bool{false, true} {
			layer := nn.NewLinear(3, 2)
			nn.Eval(layer)
			layer.Bias.RequiresGrad_(bias)
			layer.Weight.RequiresGrad_(!bias)
			m := wrap(layer)
			for _, p := range nn.NamedParameters(m) {
				if p.RequiresGrad() != (bias == (p.Name == "bias")) {
					t.Errorf("bias %v: %s requires grad: %v", bias, p.Name, p.RequiresGrad())
				}
			}
			if nn.IsTraining(m) {
				t.Error("in training mode")
			}
			nn.Close(m)
		}
	}
}
