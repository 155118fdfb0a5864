package optim_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// 10,000 small training steps leave live tensors, resident memory and OS threads as
// they were, with the collector off too: nothing waits for it.
func TestTenThousandStepsAreFlat(t *testing.T) {
	for _, gogc := range []int{100, -1} {
		old := debug.SetGCPercent(gogc)
		flatSteps(t, gogc, optim.Adam{}, 10000)
		debug.SetGCPercent(old)
	}
}

// So do 2,000 steps of every other rule, without the collector.
func TestEveryRuleIsFlat(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, rule := range parity.Sorted(map[string]optim.Rule{
		"SGD": optim.SGD{Momentum: 0.9, L2: true}, "RMSProp": optim.RMSProp{Momentum: 0.9}, "RAdam": optim.RAdam{}, "QHAdam": optim.QHAdam{},
		"Lamb": optim.Lamb{}, "Larc": optim.Larc{}, "Ranger": optim.Ranger(),
	}) {
		t.Run(name, func(t *testing.T) { flatSteps(t, -1, rule, 2000) })
	}
}

func flatSteps(t *testing.T, gogc int, rule optim.Rule, n int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m := nn.NewSequential(nn.NewConv2d(3, 8, 3), nn.NewBatchNorm(8), &nn.ReLU{InPlace: true},
		&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, &nn.Dropout{P: 0.5}, nn.NewLinear(8, 4))
	defer nn.Close(m)
	opt := optim.New(rule, nn.Parameters(m))
	defer opt.Close()
	steps := func(n int) {
		for range n {
			s := torch.NewScope()
			x := s.Randn(4, 3, 8, 8)
			y := torch.FromSlice(s, []int64{0, 1, 2, 3})
			torch.CrossEntropy(m.Forward(x), y, torch.CrossEntropyOptions{Reduction: torch.ReductionMean}).Backward()
			opt.Step()
			opt.ZeroGrad()
			s.Close()
		}
	}
	steps(1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	live, native, threads := torch.LiveTensors(), parity.NativeResident(t), parity.Status(t, "Threads")
	steps(n)
	runtime.ReadMemStats(&after)
	if got := torch.LiveTensors() - live; got != 0 {
		t.Errorf("GOGC %d: %d more tensors live", gogc, got)
	}
	// With the collector off the Go heap grows by the small Go structs themselves,
	// which are counted apart; what must not grow is everything else.
	if got := parity.NativeResident(t) - native; got > 4<<20 {
		t.Errorf("GOGC %d: resident memory outside Go's own grew by %d KB", gogc, got>>10)
	}
	if perStep := (after.TotalAlloc - before.TotalAlloc) / uint64(n); perStep > 16<<10 {
		t.Errorf("GOGC %d: a step allocates %d bytes of Go heap", gogc, perStep)
	}
	if got := parity.Status(t, "Threads") - threads; got > 2 {
		t.Errorf("GOGC %d: %d more OS threads", gogc, got)
	}
}
