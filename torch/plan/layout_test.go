package plan_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
)

const isChild, timed = "FASTLEARN_TEST_LAYOUTS", "from here on nothing is laid out"

// No run lays a weight out anew, whatever the batch, the number of threads and what the plan was made for: oneDNN itself says what it runs.
func TestNothingIsLaidOutInARun(t *testing.T) {
	if !torch.HasOneDNN() {
		t.Skip("libtorch has no oneDNN here")
	}
	if os.Getenv(isChild) != "" {
		runLayouts(t)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNothingIsLaidOutInARun$")
	child.Env = append(os.Environ(), isChild+"=1", "ONEDNN_VERBOSE=1")
	said, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	runs, during := 0, false
	for line := range strings.Lines(string(said)) {
		if strings.HasPrefix(line, timed) {
			during = !during
		}
		if during && strings.HasPrefix(line, "onednn_verbose") {
			if runs++; strings.Contains(line, ",reorder,") {
				t.Error(line)
			}
		}
	}
	if runs == 0 {
		t.Errorf("oneDNN says nothing: %s", said)
	}
}

// runLayouts runs plans of a convolution whose layout differs by the number of pictures for a thread on some processors, plain and into a sum.
func runLayouts(t *testing.T) {
	collector.Off(t)
	torch.ManualSeed(4)
	runtime.LockOSThread() // whose number of threads changes
	defer runtime.UnlockOSThread()
	defer torch.SetNumThreads(torch.NumThreads())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // the most threads that a plan is made for
	before := torch.LiveTensors()
	s := torch.NewScope()
	wide := func() nn.Module { return nn.NewConv2d(256, 1024, 1) }
	m := seq(both(wide(), wide(), add), &nn.ReLU{}, nn.NewConv2d(1024, 256, 1), &nn.ReLU{})
	precisions := []plan.Precision{plan.Float32}
	if plan.BFloat16.Check() == nil {
		precisions = append(precisions, plan.BFloat16)
	}
	for _, precision := range precisions {
		for _, made := range []struct {
			batch   int64
			threads int
		}{{1, 1}, {1, 2}, {16, 2}} {
			torch.SetNumThreads(made.threads)
			x := s.Randn(made.batch, 256, 14, 14)
			g, weights := prepared(t, s, m, x)
			p, err := plan.New(g, weights, precision, x)
			if err != nil {
				t.Fatal(err)
			}
			for _, threads := range []int{1, 2} {
				torch.SetNumThreads(threads)
				for _, batch := range []int64{1, 2, 5, 16} {
					x := s.Randn(batch, 256, 14, 14)
					got, err := p.Run(x)
					if err != nil {
						t.Fatal(err)
					}
					torch.NoGrad(func() {
						if d := plan.Difference(got[0], nn.Call(m, x)); !(d <= p.Tolerance()) {
							t.Errorf("%s made for %v, %d pictures on %d threads: off by %g", precision, made, batch, threads, d)
						}
					})
					fmt.Println(timed)
					if _, err := p.Run(x); err != nil {
						t.Fatal(err)
					}
					fmt.Println(timed)
				}
			}
			p.Close()
		}
	}
	nn.Close(m)
	s.Close()
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}
