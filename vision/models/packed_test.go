package models_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// Packed convolutions, with their batch norms folded in, change nothing in blocks of either kind.
func TestPacked(t *testing.T) {
	torch.ManualSeed(3)
	for name, m := range parity.Sorted(map[string]nn.Module{"resnet18": models.ResNet18(10), "resnet50": models.ResNet50(10)}) {
		s := torch.NewScope()
		x := s.Randn(2, 3, 64, 64)
		torch.NoGrad(func() {
			for range 3 {
				m.Forward(x) // gives the norms statistics
			}
			nn.Eval(m)
			want := m.Forward(x)
			scale := want.Abs().Max().Item()
			same := func(how string) {
				if d := m.Forward(x).Sub(want).Abs().Max().Item(); !(d <= parity.Rounding(parity.Float32, 9*512, scale)) {
					t.Errorf("%s, %s: off by %g of %g", name, how, d, scale)
				}
			}
			for range 3 {
				nn.Packed(m, func() { same("beside its weights") })
			}
			nn.Unpack(m)
			if err := nn.PackConvs(m, x); err != nil {
				t.Fatal(err)
			}
			same("instead of its weights")
		})
		s.Close()
		nn.Close(m)
	}
}
