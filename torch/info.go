package torch

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/cpushare"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// Environment says what this process runs on.
type Environment struct {
	Version       string   // libtorch's version
	Library       string   // the directory it was loaded from
	CPUCapability string   // the instruction set its kernels use: "AVX512", "AVX2", …
	Threads       int      // threads of one operation
	CUDADevices   []string // names of the GPUs that can be used
	CUDAProblem   string   // why there is none, else empty
}

// Info says which libtorch was loaded, on which processor, and which CUDA
// devices it can use; where there is none, why.
func Info() Environment {
	var env Environment
	env.Version, env.CPUCapability, env.Library, _ = shim.Versions()
	env.Threads = NumThreads()
	for i := range CUDADeviceCount() {
		name, err := shim.CUDADeviceName(i)
		if err != nil {
			name = "unnamed: " + err.Error()
		}
		env.CUDADevices = append(env.CUDADevices, name)
	}
	if len(env.CUDADevices) == 0 {
		env.CUDAProblem = cudaProblem()
	}
	return env
}

// String lists the environment, a line each.
func (e Environment) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "libtorch  %s (%s)\nCPU       %s, %d threads\n", e.Version, e.Library, e.CPUCapability, e.Threads)
	for i, name := range e.CUDADevices {
		fmt.Fprintf(&b, "cuda:%d    %s\n", i, name)
	}
	if e.CUDAProblem != "" {
		fmt.Fprintf(&b, "CUDA      none: %s\n", e.CUDAProblem)
	}
	return b.String()
}

// asManyThreadsAsGo limits an operation's threads to Go's GOMAXPROCS and to a container's quota, where libtorch counts the machine's
// processors. OMP_NUM_THREADS has the last word.
func asManyThreadsAsGo() {
	n := runtime.GOMAXPROCS(0)
	if quota := cpushare.Quota(); quota > 0 {
		n = min(n, int(math.Ceil(quota))) // Go uses two for one core
	}
	if os.Getenv("OMP_NUM_THREADS") == "" && n < NumThreads() {
		_ = shim.SetNumThreads(n) // what fails leaves libtorch's own number
	}
	began.seed, began.threads = InitialSeed(), NumThreads()
}

// began is with what the program did.
var began struct {
	seed    uint64
	threads int
}

// NumThreads is the number of threads that one operation uses, as torch.get_num_threads: as many as Go uses (GOMAXPROCS), at most
// the quota of a container, rounded up, or OMP_NUM_THREADS where that is set.
func NumThreads() int { return shim.NumThreads() }

// mostThreads is more than any machine has use for; OpenMP ends the process where it can't begin its threads.
const mostThreads = 4096

// SetNumThreads sets it, as torch.set_num_threads, for the calling OS thread and for those that begin later. Call it before the first
// operation, or lock the goroutine to its thread (runtime.LockOSThread): OpenMP keeps a number for each thread.
func SetNumThreads(n int) {
	if n < 1 || n > mostThreads {
		fail("set_num_threads", fmt.Sprintf("want 1 to %d threads, got %d", mostThreads, n))
	}
	check(shim.SetNumThreads(n), "set_num_threads")
}
