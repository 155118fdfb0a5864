package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// Some figures are of whole processes: of this program's, run again with -child, and of
// scripts/bench/training.py. Both train a recipe for an epoch and print a line after the
// first batch.
const firstBatch = "first batch"

// child is what this program does with -child, "resnet18 at 128, bfloat16" for instance.
func child(what string) error {
	if what == busyLoop {
		for i := 0; i >= 0; i = (i + 1) & 0xffff { // until it is killed
		}
	}
	if training, ok := strings.CutPrefix(what, "parallel "); ok {
		return trainTogether(training)
	}
	if what == oneConvolution {
		return convolve()
	}
	if file, ok := strings.CutPrefix(what, answering); ok {
		return answer(file)
	}
	name, precision, _ := strings.Cut(what, ", ")
	r, ok := recipes[name]
	prepare, ok2 := map[string]func(*fastlearn.Learner){"float32": channelsLast, "bfloat16": bfloat16}[precision]
	if !ok || !ok2 {
		return fmt.Errorf("-child %q: no such training", what)
	}
	learn, dls, err := r.learner(prepare, fastlearn.Callbacks(&announce{}))
	if err != nil {
		return err
	}
	defer dls.Close()
	defer learn.Close()
	return learn.Fit(context.Background(), 1, fastlearn.LR(1e-4))
}

// announce prints when the first batch was trained.
type announce struct{ done bool }

func (a *announce) AfterBatch(*fastlearn.Learner) error {
	if !a.done {
		fmt.Println(firstBatch)
	}
	a.done = true
	return nil
}

// A cost is what a process takes.
type cost func(cmd *exec.Cmd) (float64, error)

// ours measures a cost of our process.
func (of cost) ours(r recipe, precision string) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		return of.again(r, precision), func() {}, nil
	}
}

// again measures a cost of our process where the pictures are made.
func (of cost) again(r recipe, precision string) func() (float64, error) {
	return func() (float64, error) { return of(exec.Command(os.Args[0], "-child", r.name+", "+precision)) }
}

// python measures it of fastai's, which trains in float32.
func (of cost) python(r recipe) func() (float64, error) {
	return func() (float64, error) {
		return of(exec.Command(os.Getenv("FASTLEARN_VENV_PYTHON"), filepath.Join("scripts", "bench", "training.py"), r.name))
	}
}

// toFirst are the seconds from a process's start to its first trained batch, which ends it.
// Nothing else looks at the process meanwhile.
func toFirst(cmd *exec.Cmd) (float64, error) {
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its workers end with it
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var seconds float64
	for lines := bufio.NewScanner(out); seconds == 0 && lines.Scan(); {
		if lines.Text() == firstBatch {
			seconds = time.Since(start).Seconds()
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	err = cmd.Wait()
	if seconds == 0 {
		return 0, fmt.Errorf("%v trained no batch: %w", cmd.Args, err)
	}
	return seconds, nil
}

// peakMemory are the most bytes that a process and its children have in memory, in proportion
// where they are shared (PSS), in an epoch.
func peakMemory(cmd *exec.Cmd) (float64, error) {
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var peak int64
	for {
		select {
		case err := <-ended:
			if err != nil {
				err = fmt.Errorf("%v: %w", cmd.Args, err)
			}
			return float64(peak), err
		case <-time.After(50 * time.Millisecond):
			peak = max(peak, treePSS(cmd.Process.Pid))
		}
	}
}

// treePSS is the memory of a process and of all below it.
func treePSS(pid int) int64 {
	total := pss(pid)
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return total
	}
	for _, file := range children {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended
		}
		for _, field := range bytes.Fields(data) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				total += treePSS(child)
			}
		}
	}
	return total
}

func pss(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it has ended
	}
	for _, line := range bytes.Split(data, []byte("\n")) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			kb, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(rest, []byte("kB")))), 10, 64)
			if err == nil {
				return kb << 10
			}
		}
	}
	return 0
}

// withBF16 tells why a figure in bfloat16 says nothing about this machine, if so.
func withBF16() error {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	if !bytes.Contains(info, []byte(" avx512_bf16")) {
		return errors.New("this processor has no avx512_bf16")
	}
	return nil
}
