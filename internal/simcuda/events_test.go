package simcuda_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

// An event is done once what was given to its device before it is: by waiting for it, for the device, or by the device's next
// kernel. A device that waits for another's event sees its copies, and the host goes on.
func TestCUDAEvents(t *testing.T) {
	needSimulation(t)
	for name, c := range parity.Sorted(map[string]struct {
		comes func(e simcuda.Event, x *torch.Tensor)
		waits int64
	}{
		"wait for it":     {func(e simcuda.Event, _ *torch.Tensor) { e.Wait() }, 1},
		"a kernel":        {func(_ simcuda.Event, x *torch.Tensor) { x.AddScalar_(0) }, 0},
		"another device":  {func(e simcuda.Event, _ *torch.Tensor) { e.Block(1) }, 0},
		"the next event":  {func(simcuda.Event, *torch.Tensor) { next := simcuda.Record(0); next.Wait(); next.Close() }, 1},
		"a blocking copy": {func(_ simcuda.Event, x *torch.Tensor) { x.To(torch.CPU) }, 1},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			before := simcuda.Record(0)
			defer before.Close()
			buffer := s.EmptyPinned(torch.Float32, 3)
			buffer.Fill_(1)
			x := buffer.ToNonBlocking(torch.CUDA(0))
			e := simcuda.Record(0)
			defer e.Close()
			if !before.Done() || e.Done() {
				t.Fatalf("the event before the copy is done: %v, the one after it: %v", before.Done(), e.Done())
			}
			buffer.Fill_(2)
			got := simcuda.Count(func() { c.comes(e, x) })
			if !e.Done() || got.Waits != c.waits {
				t.Errorf("done: %v, after %d waits, want %d", e.Done(), got.Waits, c.waits)
			}
			buffer.Fill_(3) // the copy was made
			if sum := x.Sum().Item(); sum != 6 {
				t.Errorf("the sum is %v", sum)
			}
		})
	}
}

// What one device does isn't another's: a kernel, a copy between them is of both.
func TestCUDAUses(t *testing.T) {
	needSimulation(t)
	s := torch.NewScope()
	defer s.Close()
	x := s.With(torch.Float32, torch.CUDA(1)).Ones(2)
	for name, c := range parity.Sorted(map[string]struct {
		use         func()
		first, both bool
	}{
		"a kernel":           {use: func() { x.AddScalar(1) }},
		"a value":            {use: func() { x.Sum().Item() }},
		"a copy to the host": {use: func() { x.To(torch.CPU) }},
		"a copy between":     {use: func() { x.To(torch.CUDA(0)) }, both: true},
		"memory":             {use: func() { s.With(torch.Float32, torch.CUDA(0)).Empty(2) }, first: true},
	}) {
		first, second := simcuda.Uses(0), simcuda.Uses(1)
		c.use()
		if (simcuda.Uses(0) > first) != (c.first || c.both) || (simcuda.Uses(1) > second) == c.first {
			t.Errorf("%s: %d uses of the first device, %d of the second", name, simcuda.Uses(0)-first, simcuda.Uses(1)-second)
		}
	}
}
