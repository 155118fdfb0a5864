package simcuda_test

import (
	"runtime/debug"
	"testing"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/simcuda"
	"github.com/fastlearn-go/fastlearn/torch"
)

func needSimulation(t *testing.T) {
	t.Helper()
	if !simcuda.Loaded() {
		t.Skip("needs the simulated CUDA (make test-cuda)")
	}
}

// The simulation is stricter than a GPU: each of these is a fault that a GPU may hide.
func TestCUDASimulationIsStrict(t *testing.T) {
	needSimulation(t)
	s := torch.NewScope()
	defer s.Close()
	gpu := torch.CUDA(0)
	t.Run("a copy that nobody waits for happens late", func(t *testing.T) {
		buffer := s.EmptyPinned(torch.Float32, 3)
		buffer.Fill_(1)
		x := buffer.ToNonBlocking(gpu)
		buffer.Fill_(2) // too early
		if got := x.Sum().Item(); got != 6 {
			t.Errorf("the sum is %v: the copy was made at once", got)
		}
		early := buffer.ToNonBlocking(gpu)
		if err := torch.Synchronize(); err != nil {
			t.Fatal(err)
		}
		buffer.Fill_(3)
		if got := early.Sum().Item(); got != 6 {
			t.Errorf("the sum is %v after waiting", got)
		}
	})
	t.Run("a freed page-locked buffer is kept for its copies", func(t *testing.T) {
		buffer := s.EmptyPinned(torch.Float32, 1<<10)
		buffer.Fill_(1)
		x := buffer.ToNonBlocking(gpu)
		buffer.Close()
		other := s.EmptyPinned(torch.Float32, 1<<10)
		other.Fill_(5)
		if got := x.Sum().Item(); got != 1<<10 {
			t.Errorf("the sum is %v", got)
		}
	})
	t.Run("operations that mix devices are refused", func(t *testing.T) {
		a, b, c := s.With(torch.Float32, gpu).Ones(2, 2), s.With(torch.Float32).Ones(2, 2), s.With(torch.Float32, torch.CUDA(1)).Ones(2, 2)
		for name, f := range parity.Sorted(map[string]func(){
			"cpu": func() { a.Add(b) }, "cuda:1": func() { a.MatMul(c) },
		}) {
			if err := torch.Try(f); err == nil {
				t.Errorf("cuda:0 with %s is allowed", name)
			}
		}
	})
	t.Run("uninitialised memory is not a number", func(t *testing.T) {
		if x := s.With(torch.Float32, gpu).Empty(4).Sum().Item(); x == x {
			t.Errorf("the sum is %v", x)
		}
	})
	t.Run("counts", func(t *testing.T) {
		got := simcuda.Count(func() { s.With(torch.Float32).Ones(2).To(gpu).AddScalar(1).Sum().Item() })
		if want := (simcuda.Counts{Kernels: 2, CopiesIn: 1, CopiesOut: 1, Waits: 1, Allocations: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
	t.Run("the n-th allocation fails", func(t *testing.T) {
		simcuda.FailAllocation(2)
		defer simcuda.FailAllocation(0)
		for i, want := range []bool{true, false, true} {
			if err := torch.Try(func() { s.With(torch.Float32, gpu).Empty(4) }); (err == nil) != want {
				t.Errorf("allocation %d: %v", i+1, err)
			}
		}
	})
	t.Run("a limit", func(t *testing.T) {
		const limit = 64 << 20
		simcuda.Limit(1, limit)
		defer simcuda.Limit(1, 16<<30)
		one := torch.CUDA(1)
		if err := torch.Try(func() { s.With(torch.Uint8, one).Empty(2 * limit) }); err == nil {
			t.Error("twice the memory is given")
		}
		for range 20 { // what is freed is there for the next
			x := s.With(torch.Uint8, one).Empty(limit / 2)
			x.Close()
		}
	})
	t.Run("a lost device fails until it is back", func(t *testing.T) {
		x := s.With(torch.Float32, gpu).Ones(2)
		simcuda.Lose(2)
		for i, want := range []bool{true, false, false} {
			if err := torch.Try(func() { x.AddScalar_(1) }); (err == nil) != want {
				t.Errorf("kernel %d: %v", i+1, err)
			}
		}
		simcuda.Lose(0)
		if got := x.Sum().Item(); got != 4 {
			t.Errorf("the sum is %v", got)
		}
	})
}

// Code of the host that touches a device's memory faults.
func TestCUDAMemoryIsOutOfReach(t *testing.T) {
	needSimulation(t)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	s := torch.NewScope()
	defer s.Close()
	for _, device := range []torch.Device{torch.CPU, torch.CUDA(0), torch.CUDA(1)} {
		p := (*float32)(lib.AtDataPtr(lib.Ctensor(s.With(torch.Float32, device).Ones(2).Handle())))
		func() {
			defer func() {
				if fault := recover(); (fault == nil) == device.IsCUDA() {
					t.Errorf("%s: %v", device, fault)
				}
			}()
			if *p != 1 {
				t.Errorf("%s: %v", device, *p)
			}
		}()
	}
}
