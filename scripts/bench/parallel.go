package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/launch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
)

// The figures of group parallel compare processes that train one model together with plain runs of
// the same program, each on as many threads: their ratio is the scaling efficiency, 1 where
// working together costs nothing. Both sides are ours.

// trainTogether is what this program does with -child "parallel 2, resnet18 at 128": one of two
// processes, or, without PyTorch's variables, a plain run on half of the pictures. It trains for
// an epoch to warm up and prints the seconds a picture of a second one.
func trainTogether(what string) error {
	count, name, _ := strings.Cut(what, ", ")
	n, err := strconv.Atoi(count)
	r, ok := recipes[name]
	if !ok || err != nil || n < 1 {
		return fmt.Errorf("-child parallel %q: no such training", what)
	}
	r.bs = 32
	group, err := distributed.Init()
	if err != nil {
		return err
	}
	defer group.Close()
	r.pictures = r.pictures * group.WorldSize() / n // a process has as many in both
	learn, dls, err := r.learner(channelsLast, fastlearn.Distributed(group))
	if err != nil {
		return err
	}
	defer dls.Close()
	defer learn.Close()
	var watch stopwatch
	if err := learn.Fit(context.Background(), 2, fastlearn.LR(1e-4), fastlearn.Callbacks(&watch)); err != nil {
		return err
	}
	fmt.Println(watch.took.Seconds() / float64(watch.pictures))
	return nil
}

// stopwatch times the training of the last epoch.
type stopwatch struct {
	start    time.Time
	took     time.Duration
	pictures int
}

func (s *stopwatch) BeforeTrain(*fastlearn.Learner) error {
	s.start, s.pictures = time.Now(), 0
	return nil
}

func (s *stopwatch) AfterBatch(l *fastlearn.Learner) error {
	if l.Training {
		s.pictures += len(l.Batch.Items)
	}
	return nil
}

func (s *stopwatch) AfterTrain(*fastlearn.Learner) error {
	s.took = time.Since(s.start)
	return nil
}

// openTogether measures n processes that train a recipe together: seconds for a picture of each.
func openTogether(r recipe, n int) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		return func() (float64, error) {
			all, err := launch.Start(n, func(int) *exec.Cmd { return parallelChild(r, n) })
			if err != nil {
				return 0, err
			}
			return slowest(all, launch.Wait(all))
		}, func() {}, nil
	}
}

// plainRuns measures so many plain runs at once, each on an n-th of the processors.
func plainRuns(r recipe, runs, n int) func() (float64, error) {
	return func() (float64, error) {
		var all []*launch.Process
		var failed error
		for range runs {
			p := &launch.Process{Cmd: parallelChild(r, n)}
			p.Stdout, p.Stderr = &p.Output, os.Stderr
			if err := p.Start(); err != nil {
				failed = err
				break
			}
			all = append(all, p)
		}
		return slowest(all, errors.Join(failed, launch.Wait(all)))
	}
}

// parallelChild is the command of one process on an n-th of the processors.
func parallelChild(r recipe, n int) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-child", fmt.Sprintf("parallel %d, %s", n, r.name))
	threads := fmt.Sprint(max(1, runtime.NumCPU()/n))
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+threads, "GOMAXPROCS="+threads)
	cmd.Stderr = os.Stderr
	return cmd
}

// slowest is the largest of the numbers that processes printed.
func slowest(all []*launch.Process, err error) (most float64, _ error) {
	if err != nil {
		return 0, err
	}
	for _, p := range all {
		v, err := strconv.ParseFloat(strings.TrimSpace(p.Output.String()), 64)
		if err != nil {
			return 0, err
		}
		most = max(most, v)
	}
	return most, nil
}

// processors tells whether there is one for each of n processes.
func processors(n int) func() error {
	return func() error {
		if runtime.NumCPU() < n {
			return fmt.Errorf("this machine has %d processors", runtime.NumCPU())
		}
		return nil
	}
}
