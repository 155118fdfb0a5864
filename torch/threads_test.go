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
