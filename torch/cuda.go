package torch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// cuda is what loading the CUDA library found.
var cuda struct {
	driver, loaded, hidden bool
	err                    error
}

// The one init of this module. libtorch decides at its first look, which even
// seeding takes, whether the process has CUDA; so the library is loaded before
// any other call. It costs nothing where there is no driver.
func init() {
	if v, ok := os.LookupEnv("CUDA_VISIBLE_DEVICES"); ok && (v == "" || v == "-1") {
		cuda.hidden = true
	} else {
		cuda.driver, cuda.loaded, cuda.err = shim.LoadCUDA()
	}
	asManyThreadsAsGo()
}

// CUDADeviceCount is the number of CUDA devices that can be used, 0 where there is no CUDA.
func CUDADeviceCount() int { return shim.CUDADeviceCount() }

// Synchronize waits until the current CUDA device has done all it was given.
// Without CUDA it does nothing.
func Synchronize() error { return shim.CUDASynchronize() }

// CUDAMemory is the memory of a CUDA device in bytes: allocated to tensors that live
// (PyTorch's torch.cuda.memory_allocated), and reserved, which libtorch keeps for the
// next ones as well (memory_reserved). The CPU is refused, and so
// is a device that isn't there.
func CUDAMemory(d Device) (allocated, reserved int64, err error) {
	if d == CPU {
		return 0, 0, errors.New("torch: CUDAMemory of the CPU: want a CUDA device")
	}
	if err := d.Check(); err != nil {
		return 0, 0, err
	}
	return shim.CUDAMemory(d.Index())
}

// cudaProblem says why there is no CUDA device to use.
func cudaProblem() string {
	switch {
	case cuda.hidden:
		return "CUDA_VISIBLE_DEVICES hides every GPU"
	case !cuda.driver:
		return "no CUDA driver (libcuda.so.1) on this machine"
	case cuda.err != nil:
		return "libtorch's CUDA library can't be loaded: " + cuda.err.Error() + " (scripts/setup with FASTLEARN_CUDA=1 installs all that it needs)"
	}
	problem := "the CUDA driver lists a GPU that libtorch can't use"
	if _, err := shim.CUDADeviceName(0); err != nil {
		problem = "the CUDA driver says: " + err.Error()
	}
	return problem + denied("/dev/nvidia*")
}

// denied names the device nodes that this user may not open, of which the driver says no more than that there is no GPU.
func denied(pattern string) (text string) {
	nodes, _ := filepath.Glob(pattern)
	for _, node := range nodes {
		f, err := os.OpenFile(node, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrPermission) {
			text += "; this user may not open " + node
		}
		if err == nil {
			_ = f.Close()
		}
	}
	return text
}
