package nn_test

import (
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// near fails the test unless y is want within the rounding of sums of up to 8·3·3 terms as large as largest.
func near(t *testing.T, what string, y, want *torch.Tensor, largest float64) {
	t.Helper()
	eps := parity.Float32
	if y.DType() == torch.Float64 {
		eps = parity.Float64
	}
	if d, tol := y.Sub(want).Abs().Max().Item(), parity.Rounding(eps, 72, largest); !(d <= tol) {
		t.Errorf("%s: off by %g, tolerance %g", what, d, tol)
	}
}

// forward returns m's output and the largest magnitude that any of its layers takes or returns.
func forward(m nn.Module, x *torch.Tensor) (y *torch.Tensor, largest float64) {
	see := func(x *torch.Tensor) { largest = max(largest, x.Abs().Max().Item()) }
	var removes []func()
	nn.Walk(m, func(_ string, m nn.Module) {
		removes = append(removes, nn.OnForward(m, see, func(_, y *torch.Tensor) { see(y) }))
	})
	y = nn.Call(m, x)
	for _, remove := range removes {
		remove()
	}
	return y, largest
}

// run fails the test unless m's outputs are equal within rounding, packed and as it is. It tells whether
// weights were packed for it.
func run(t *testing.T, what string, m nn.Module, x *torch.Tensor) (packed bool) {
	t.Helper()
	torch.NoGrad(func() {
		want, largest := forward(m, x)
		live := torch.LiveTensors()
		var y *torch.Tensor
		nn.Packed(m, func() { y = m.Forward(x) })
		packed = torch.LiveTensors()-live > 1
		near(t, what, y, want, largest)
	})
	return packed
}

// settled has m packed, which takes two passes.
func settled(t *testing.T, m nn.Module, x *torch.Tensor) {
	t.Helper()
	run(t, "first", m, x)
	if packed := run(t, "second", m, x); packed != torch.HasOneDNN() {
		t.Errorf("after two passes it is packed: %v, oneDNN is there: %v", packed, torch.HasOneDNN())
	}
	run(t, "third", m, x)
}

// Packed weights change nothing, whatever happens to the model in between, and are used.
func TestPackedFollowsItsWeights(t *testing.T) {
	torch.ManualSeed(7)
	collector.Off(t)
	before := torch.LiveTensors()
	s := torch.NewScope()
	var m nn.Module
	var conv, withBias *nn.Conv2d
	var norm *nn.BatchNorm
	step := func(rule optim.Rule) func() {
		return func() {
			opt := optim.New(rule, nn.Parameters(m))
			defer opt.Close()
			if err := opt.Set("lr", 0.1); err != nil {
				t.Fatal(err)
			}
			y := m.Forward(s.Randn(4, 3, 20, 20))
			y.Mul(y).Sum().Backward()
			opt.Step()
			opt.ZeroGrad()
		}
	}
	for name, change := range parity.Sorted(map[string]func(){
		"nothing":  func() {},
		"Adam":     step(optim.Adam{}),
		"SGD":      step(optim.SGD{}),
		"RMSProp":  step(optim.RMSProp{}),
		"Ranger":   step(optim.Ranger()),
		"Lamb":     step(optim.Lamb{}),
		"Larc":     step(optim.Larc{}),
		"QHAdam":   step(optim.QHAdam{}),
		"in place": func() { torch.NoGrad(func() { conv.Weight.MulScalar_(2) }) },
		"a view":   func() { torch.NoGrad(func() { conv.Weight.Narrow(0, 0, 1).AddScalar_(1).Close() }) },
		"detached": func() { d := conv.Weight.Detach(); d.MulScalar_(0.5); d.Close() },
		"another": func() {
			fresh := s.Randn(conv.Weight.Shape()...).Keep()
			for fresh.Version() < conv.Weight.Version() { // that it has been written to as often doesn't make it the same
				fresh.AddScalar_(0.1)
			}
			conv.Weight.Assign(fresh)
		},
		"channels last":      func() { nn.ToFormat(m, torch.ChannelsLast) },
		"a bias":             func() { torch.NoGrad(func() { withBias.Bias.AddScalar_(3) }) },
		"a norm's weight":    func() { torch.NoGrad(func() { norm.Weight.AddScalar_(1) }) },
		"a norm's bias":      func() { torch.NoGrad(func() { norm.Bias.AddScalar_(1) }) },
		"a norm's mean":      func() { norm.RunningMean.AddScalar_(1) },
		"a norm's deviation": func() { norm.RunningVar.MulScalar_(4) },
		"statistics alone":   func() { nn.Train(m); m.Forward(s.Randn(8, 3, 20, 20)); nn.Eval(m) },
		"raw memory": func() {
			memory := conv.Weight.UnsafeBytes()
			copy(memory, slices.Repeat([]byte{0, 0, 0, 63}, len(memory)/4)) // ½ each
		},
		"fresh by Kaiming": func() { nn.KaimingNormal_(conv.Weight, nn.FanOut) },
		"loaded": func() {
			other := convNet()
			defer nn.Close(other)
			state := nn.StateMap(other)
			if err := nn.LoadStateDict(m, state); err != nil {
				t.Fatal(err)
			}
		},
		"unpacked": func() { nn.Unpack(m) },
	}) {
		m = convNet()
		unsettle(m, s)
		conv = nn.Children(m)[0].Module.(*nn.Conv2d)
		inner := nn.Children(nn.Children(m)[3].Module)
		withBias, norm = inner[0].Module.(*nn.Conv2d), inner[1].Module.(*nn.BatchNorm)
		x := s.Randn(1, 3, 20, 20)
		settled(t, m, x)
		change()
		run(t, name, m, x)
		run(t, name+", again", m, x)
		nn.Close(m)
	}
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// Where packed weights would be wrong they aren't used: with gradients, in training, in another dtype,
// outside of Packed; and a convolution that two norms share is right with both.
func TestPackedStandsBack(t *testing.T) {
	torch.ManualSeed(9)
	collector.Off(t)
	before := torch.LiveTensors()
	defer func() {
		if n := torch.LiveTensors() - before; n != 0 {
			t.Errorf("%d tensors live", n)
		}
	}()
	s := torch.NewScope()
	defer s.Close()
	m := convNet()
	defer nn.Close(m)
	unsettle(m, s)
	x := s.Randn(1, 3, 20, 20)
	settled(t, m, x)
	nn.Packed(m, func() {
		y := m.Forward(x)
		if !y.RequiresGrad() {
			t.Error("no gradients in Packed")
		}
		y.Sum().Backward()
	})
	if g := nn.Parameters(m)[0].Grad(); g == nil {
		t.Error("no gradient")
	} else {
		g.Close()
	}
	nn.Train(m)
	tracked := nn.Children(m)[1].Module.(*nn.BatchNorm).NumBatchesTracked
	n := tracked.ItemInt()
	torch.NoGrad(func() { nn.Packed(m, func() { m.Forward(s.Randn(4, 3, 20, 20)) }) })
	if tracked.ItemInt() != n+1 {
		t.Error("training in Packed tracks no batch")
	}
	nn.Eval(m)
	nn.To(m, torch.Float64)
	run(t, "float64", m, x.To(torch.Float64))

	conv, a, b := nn.NewConv2d(3, 3, 3, nn.Padding(1)), nn.NewBatchNorm(3), nn.NewBatchNorm(3)
	a.RunningMean.AddScalar_(1)
	b.RunningVar.MulScalar_(9)
	shared := nn.NewSequential(conv, a, &nn.ReLU{}, conv, b, conv)
	defer nn.Close(shared)
	nn.Eval(shared)
	for range 5 {
		run(t, "shared", shared, x)
	}
}
