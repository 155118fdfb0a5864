package models_test

import (
	"runtime"
	"testing"

	"github.com/fastlearn-go/fastlearn/scripts/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// Peak resident memory of ResNet-50, batch 16 at 224, is at most 1.1 times PyTorch's
// growth over its own base: containers release what they have consumed.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	torch.ManualSeed(1)
	m := models.ResNet50(10)
	defer nn.Close(m)
	opt := optim.New(optim.Adam{}, nn.Parameters(m))
	defer opt.Close()
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn([]int64{16, 3, 224, 224})
	y := torch.FromSlice(s, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5})
	forward := parity.PeakGrowth(t, func() {
		torch.NoGrad(func() { m.Forward(x).Close() })
	})
	step := parity.PeakGrowth(t, func() {
		out := m.Forward(x)
		loss := torch.CrossEntropy(out, y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean})
		loss.Backward()
		loss.Close()
		out.Close()
		opt.Step()
		opt.ZeroGrad()
	})
	var want struct{ Forward, Step int64 }
	parity.Python(t, "memory.py", nil, &want)
	for _, c := range []struct {
		what      string
		got, want int64
	}{{"forward without gradients", forward, want.Forward}, {"training step", step, want.Step}} {
		ratio := float64(c.got) / float64(c.want)
		t.Logf("%s: %d MB, PyTorch %d MB, ratio %.3f", c.what, c.got>>20, c.want>>20, ratio)
		if ratio > 1.1 {
			t.Errorf("%s: peak memory is %.2f times PyTorch's, want at most 1.1", c.what, ratio)
		}
	}
}
