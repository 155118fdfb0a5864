package torch_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

// An operation uses as many threads as Go does, which heeds a container's quota, unless OMP_NUM_THREADS says otherwise.
func TestThreadsAreGos(t *testing.T) {
	if os.Getenv("PRINT_THREADS") != "" {
		fmt.Printf("threads=%d\n", torch.NumThreads())
		return
	}
	for _, c := range []struct{ procs, omp, want string }{{"1", "", "threads=1"}, {"1", "2", "threads=2"}, {"64", "1", "threads=1"}} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestThreadsAreGos$", "-test.count", "1")
		cmd.Env = append(os.Environ(), "PRINT_THREADS=1", "GOMAXPROCS="+c.procs, "OMP_NUM_THREADS="+c.omp)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want+"\n") {
			t.Errorf("GOMAXPROCS %s, OMP_NUM_THREADS %q: got %q (%v), want %s", c.procs, c.omp, out, err, c.want)
		}
	}
}

// A program's results are meant to repeat once it has chosen a seed, or the number of threads.
func TestRepeatable(t *testing.T) {
	if do := os.Getenv("REPEATABLE"); do != "" {
		switch do {
		case "seed":
			torch.ManualSeed(1)
		case "seed and back":
			state := torch.RNGState(torch.CPU)
			torch.ManualSeed(1)
			torch.SetRNGState(torch.CPU, state)
		case "threads":
			torch.SetNumThreads(torch.NumThreads() + 1)
		}
		fmt.Printf("repeatable=%v\n", torch.Repeatable())
		return
	}
	for _, c := range []struct {
		do, omp string
		want    bool
	}{{"nothing", "", false}, {"seed and back", "", false}, {"seed", "", true}, {"threads", "", true}, {"nothing", "1", true}} {
		t.Run(c.do+c.omp, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run", "^TestRepeatable$", "-test.count", "1")
			cmd.Env = append(os.Environ(), "REPEATABLE="+c.do, "OMP_NUM_THREADS="+c.omp)
			out, err := cmd.CombinedOutput()
			if want := fmt.Sprintf("repeatable=%v\n", c.want); err != nil || !strings.Contains(string(out), want) {
				t.Errorf("got %q (%v), want %s", out, err, want)
			}
		})
	}
}

// The initial seed is PyTorch's: the last that was set.
func TestInitialSeed(t *testing.T) {
	for _, seed := range []uint64{0, 42, 1<<63 + 1} {
		torch.ManualSeed(seed)
		if got := torch.InitialSeed(); got != seed {
			t.Errorf("got %d, want %d", got, seed)
		}
	}
}
