package simcuda_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
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
			if err := torch.Try(f); err == nil || !strings.Contains(err.Error(), "Expected all tensors to be on the same device") || !strings.Contains(err.Error(), name) {
				t.Errorf("cuda:0 with %s: %v", name, err)
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

// A machine has as many devices as it is told, and each as much memory.
func TestCUDAMachines(t *testing.T) {
	needSimulation(t)
	n := torch.CUDADeviceCount()
	if os.Getenv("SIMCUDA_TEST_CHILD") != "" {
		s := torch.NewScope()
		defer s.Close()
		fmt.Println("devices:", n, torch.CUDA(n).Check())
		if n > 0 {
			last := s.With(torch.Float32, torch.CUDA(n-1))
			fmt.Println("small:", last.Ones(4).Sum().Item(), torch.Try(func() { last.Empty(1 << 20) }))
		}
		return
	}
	for devices, want := range parity.Sorted(map[string][]string{
		"0": {"devices: 0 torch: device cuda:0: "},
		"1": {"devices: 1 torch: device cuda:1: there are only 1 CUDA devices", "small: 4", "CUDA out of memory. Tried to allocate 4.00 MiB. GPU 0 has a total capacity of 1024.00 KiB"},
		"3": {"devices: 3 torch: device cuda:3: there are only 3 CUDA devices", "small: 4", "Tried to allocate 4.00 MiB. GPU 2 has"},
	}) {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCUDAMachines$")
		cmd.Env = append(os.Environ(), "SIMCUDA_TEST_CHILD=1", "SIMCUDA_MEMORY=1048576", "SIMCUDA_DEVICES="+devices)
		out, err := cmd.CombinedOutput()
		for _, text := range want {
			if err != nil || !strings.Contains(string(out), text) {
				t.Errorf("%s devices: %v, no %q in\n%s", devices, err, text, out)
			}
		}
	}
}
