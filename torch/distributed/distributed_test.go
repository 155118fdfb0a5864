package distributed

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/launch"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// processVariable makes a run of TestProcess one of several processes, which does what it names.
const processVariable = "FASTLEARN_TEST_PROCESS"

// answeredVariable names the file that ends a process that hangs.
const answeredVariable = "FASTLEARN_TEST_ANSWERED"

var jobs = map[string]func(t *testing.T, g *ProcessGroup){
	"collectives": collectives, "gradients": gradients, "dead": dead, "hung": hung, "unused": unused, "different": different,
	"sizes": nil, "ranks": nil,
}

// TestProcess isn't a test: it is what the processes of the tests below do.
func TestProcess(t *testing.T) {
	job, ok := jobs[os.Getenv(processVariable)]
	if !ok {
		t.Skip("it runs as a process of the other tests")
	}
	timeout := 10 * time.Minute
	if os.Getenv(processVariable) == "hung" {
		timeout = 10 * time.Second
	}
	if pretend := strangers[os.Getenv(processVariable)]; pretend != nil {
		pretend()
		timeout = 30 * time.Second // who waits for a process that never comes gives up
	}
	g, err := Init(Timeout(timeout))
	if err != nil {
		t.Fatal(err)
	}
	job(t, g)
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if os.Getenv(processVariable) == "collectives" { // a second group in the same processes
		again, err := Init(Timeout(timeout))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Barrier(); err != nil {
			t.Error(err)
		}
		again.Close()
	}
	if err := g.Barrier(); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed group: %v", err)
	}
	if n := torch.LiveTensors(); n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// strangers change what a process is told, so that it doesn't belong to the others.
var strangers = map[string]func(){
	"sizes": func() {
		if os.Getenv("RANK") == "1" {
			os.Setenv("WORLD_SIZE", "3")
		}
	},
	"ranks": func() {
		if os.Getenv("RANK") == "2" {
			os.Setenv("RANK", "1")
		}
	},
}

// Processes that were told of different numbers of them, or of one rank twice, are told so.
func TestStrangers(t *testing.T) {
	for job, want := range parity.Sorted(map[string]string{"sizes": "WORLD_SIZE is 2 here and 3 in the process of rank 1", "ranks": "another process has rank 1, too"}) {
		err := launch.Wait(start(t, map[string]int{"sizes": 2, "ranks": 3}[job], job))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", job, err, want)
		}
	}
}

func start(t *testing.T, n int, job string) []*launch.Process {
	t.Helper()
	all, err := launch.Start(n, func(int) *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestProcess$")
		cmd.Env = append(os.Environ(), processVariable+"="+job, "OMP_NUM_THREADS=1")
		return cmd
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCollectives(t *testing.T) {
	for _, n := range []int{2, 4} {
		if err := launch.Wait(start(t, n, "collectives")); err != nil {
			t.Errorf("%d processes: %v", n, err)
		}
	}
}

func collectives(t *testing.T, g *ProcessGroup) {
	s := torch.NewScope()
	defer s.Close()
	n, rank := float64(g.WorldSize()), float64(g.Rank())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(name string, x *torch.Tensor, values ...float64) {
		t.Helper()
		if got := torch.ToSlice[float64](x.To(torch.Float64)); !slices.Equal(got, values) {
			t.Errorf("%s: %v, want %v", name, got, values)
		}
	}
	for _, c := range []struct {
		op   ReduceOp
		want float64
	}{{Sum, n * (n + 1) / 2}, {Product, math.Gamma(n + 1)}, {Min, 1}, {Max, n}} {
		x := torch.FromSlice(s, []float64{rank + 1, 5}, 2)
		must(g.AllReduce(x, c.op))
		want(fmt.Sprint("all_reduce ", c.op), x.Narrow(0, 0, 1), c.want)
	}
	strided := torch.FromSlice(s, []float64{rank, 10, rank, 20}, 2, 2)
	must(g.AllReduce(strided.Select(1, 0), Sum)) // a column: its elements don't lie side by side
	want("strided", strided, n*(n-1)/2, 10, n*(n-1)/2, 20)

	for _, dtype := range []torch.DType{torch.Float32, torch.Float64, torch.BFloat16, torch.Int64, torch.Uint8, torch.Bool} {
		x := torch.FromSlice(s, []float64{rank, 1, 0}, 3).To(dtype)
		all, err := g.AllGather(x)
		must(err)
		if len(all) != g.WorldSize() || all[1].DType() != dtype {
			t.Errorf("all_gather of %s: %d of %s", dtype, len(all), all[1].DType())
		}
		want("all_gather", all[1], 1, 1, 0)
		must(g.Broadcast(x, 1))
		want("broadcast", x, 1, 1, 0)
	}
	lone, err := g.AllGather(torch.FromSlice(s, []float64{rank}))
	must(err)
	want("all_gather of a number", lone[1], 1)

	many := []*torch.Tensor{torch.FromSlice(s, []float64{rank}, 1), torch.FromSlice(s, []int64{int64(rank), 7}, 2), strided.Select(1, 1)}
	many[2].AddScalar_(rank)
	must(g.BroadcastCoalesced(many, 1))
	want("coalesced", many[0], 1)
	want("coalesced", many[1], 1, 7)
	want("coalesced", strided.Select(1, 1), 11, 21)

	if err := g.Broadcast(many[0], g.WorldSize()); err == nil {
		t.Error("a broadcast from no rank isn't an error")
	}
	order := ""
	must(g.Rank0First(func() error {
		order = "done"
		return nil
	}))
	must(g.Barrier())
	if order == "" {
		t.Error("Rank0First didn't run")
	}
}

// Gradients over buckets of all sizes are the mean of the processes', and the same bits everywhere.
func TestGradientsAreAveraged(t *testing.T) {
	for _, n := range []int{2, 4} {
		if err := launch.Wait(start(t, n, "gradients")); err != nil {
			t.Errorf("%d processes: %v", n, err)
		}
	}
}

func gradients(t *testing.T, g *ProcessGroup) {
	runtime.LockOSThread()
	s := torch.NewScope()
	defer s.Close()
	const layers, width = 5, 40
	var params []*torch.Tensor
	for i := range layers {
		params = append(params, torch.FromSlice(s, noise(i, width*width), width, width).RequiresGrad_(true))
	}
	backward := func(x *torch.Tensor, before func(loss *torch.Tensor)) {
		for _, p := range params {
			x = x.MatMul(p).Tanh()
		}
		loss := x.Mul(x).Mean()
		before(loss)
		if err := torch.Try(loss.Backward); err != nil {
			t.Fatal(g.Explain("backward", err))
		}
	}
	input := func(rank, step int) *torch.Tensor {
		return torch.FromSlice(s, noise(100*step+rank+50, 8*width), 8, width)
	}
	mb := float64(width*width*8) / (1 << 20) // a layer's gradient
	for _, cap := range []float64{25, 2 * mb, mb} {
		r, err := g.NewReducer(params, BucketCapMB(cap))
		if err != nil {
			t.Fatal(err)
		}
		for step := range 3 {
			want := make([][]float64, layers)
			for rank := range g.WorldSize() { // before the hooks count: without BeforeBackward they do nothing
				torch.ClearGrad(params)
				backward(input(rank, step), func(*torch.Tensor) {})
				for i, p := range params {
					for k, v := range torch.ToSlice[float64](p.Grad()) {
						if want[i] == nil {
							want[i] = make([]float64, width*width)
						}
						want[i][k] += v / float64(g.WorldSize())
					}
				}
			}
			torch.ClearGrad(params)
			if err := r.BeforeForward(); err != nil {
				t.Fatal(err)
			}
			backward(input(g.Rank(), step), func(loss *torch.Tensor) {
				if err := r.BeforeBackward(loss); err != nil {
					t.Fatal(err)
				}
			})
			for i, p := range params {
				got := torch.ToSlice[float64](p.Grad())
				for k := range got {
					if math.Abs(got[k]-want[i][k]) > 1e-15 {
						t.Fatalf("buckets of %v MB, step %d, layer %d: %v, want %v", cap, step, i, got[k], want[i][k])
					}
				}
				all, err := g.AllGather(p.Grad())
				if err != nil {
					t.Fatal(err)
				}
				for _, other := range all {
					if !slices.Equal(torch.ToSlice[float64](other), got) {
						t.Errorf("step %d, layer %d: other bits in another process", step, i)
					}
				}
			}
		}
		buckets, err := r.Buckets()
		if want := map[float64]int{25: 1, 2 * mb: 3, mb: 5}[cap]; err != nil || buckets != want {
			t.Errorf("%d buckets of %v MB, want %d, %v", buckets, cap, want, err)
		}
		r.Close()
		r.Close()
	}
	if _, err := g.NewReducer(nil); err == nil {
		t.Error("a reducer of nothing isn't an error")
	}
}

func noise(seed, n int) []float64 {
	out := make([]float64, n)
	x := uint64(seed)*2654435761 + 12345
	for i := range out {
		x = x*6364136223846793005 + 1442695040888963407
		out[i] = float64(int64(x>>33))/(1<<31)*0.4 - 0.2
	}
	return out
}

// A parameter that only one of the processes uses is an error in the next step, or is found.
func TestUnusedParameters(t *testing.T) {
	if err := launch.Wait(start(t, 2, "unused")); err != nil {
		t.Error(err)
	}
}

func unused(t *testing.T, g *ProcessGroup) {
	runtime.LockOSThread()
	s := torch.NewScope()
	defer s.Close()
	used, other := torch.FromSlice(s, []float64{2}, 1).RequiresGrad_(true), torch.FromSlice(s, []float64{3}, 1).RequiresGrad_(true)
	for _, find := range []bool{true, false} {
		var opts []ReducerOption
		if find {
			opts = append(opts, FindUnusedParameters())
		}
		r, err := g.NewReducer([]*torch.Tensor{used, other}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		for step := range 2 {
			torch.ClearGrad([]*torch.Tensor{used, other})
			err := r.BeforeForward()
			if err == nil {
				loss := used.MulScalar(float64(1 + g.Rank())).Sum()
				if find && g.Rank() == 1 {
					loss = loss.Add(other.Sum())
				}
				if err = r.BeforeBackward(loss); err == nil {
					err = torch.Try(loss.Backward)
				}
			}
			if !find && step == 1 {
				if err == nil || !strings.Contains(err.Error(), "unused") {
					t.Errorf("a step after one with an unused parameter: %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if find && (used.Grad().Item() != 1.5 || other.Grad().Item() != 0.5) {
				t.Errorf("gradients %v and %v, want 1.5 and 0.5", used.Grad().Item(), other.Grad().Item())
			}
		}
		r.Close()
	}
}

// A model that differs from rank 0's is refused, where it is; rank 0 learns of it when that process ends.
func TestDifferentModels(t *testing.T) {
	if err := launch.Wait(start(t, 2, "different")); err != nil {
		t.Error(err)
	}
}

func different(t *testing.T, g *ProcessGroup) {
	s := torch.NewScope()
	defer s.Close()
	p := s.Zeros(int64(2 + g.Rank())).RequiresGrad_(true)
	r, err := g.NewReducer([]*torch.Tensor{p})
	if g.Rank() == 1 && (err == nil || !strings.Contains(err.Error(), "not to match")) {
		t.Errorf("parameters of another shape than rank 0's: %v", err)
	}
	r.Close()
}

// When a process is killed the others' calls fail at once.
func TestDeadProcess(t *testing.T) {
	all := start(t, 3, "dead")
	err := launch.Wait(all)
	if err == nil || !strings.Contains(err.Error(), "rank 1") || strings.Contains(err.Error(), "rank 0:") || strings.Contains(err.Error(), "rank 2:") {
		t.Errorf("only rank 1 ends by a signal, and: %v", err)
	}
}

func dead(t *testing.T, g *ProcessGroup) {
	if err := g.Barrier(); err != nil {
		t.Fatal(err)
	}
	if g.Rank() == 1 {
		self, _ := os.FindProcess(os.Getpid())
		self.Kill()
		time.Sleep(time.Minute)
	}
	err := g.Barrier()
	if !errors.Is(err, ErrPeer) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), ".cc") {
		t.Errorf("after a death: %v", err)
	}
	t.Log(err)
}

// When a process hangs the others' calls fail after the time-out.
func TestHungProcess(t *testing.T) {
	t.Setenv(answeredVariable, filepath.Join(t.TempDir(), "answered"))
	if err := launch.Wait(start(t, 2, "hung")); err != nil {
		t.Error(err)
	}
}

func hung(t *testing.T, g *ProcessGroup) {
	if g.Rank() == 1 {
		parity.Until(t, "rank 0 has its error", func() bool { _, err := os.Stat(os.Getenv(answeredVariable)); return err == nil })
		return
	}
	s := torch.NewScope()
	defer s.Close()
	if err := g.AllReduce(s.Zeros(3), Sum); !errors.Is(err, ErrTimeout) {
		t.Errorf("after the time-out: %v", err)
	} else if !strings.Contains(err.Error(), "10s") {
		t.Errorf("%v doesn't say how long it was", err)
	}
	if err := os.WriteFile(os.Getenv(answeredVariable), nil, 0o666); err != nil {
		t.Fatal(err)
	}
}
