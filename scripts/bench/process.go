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
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// Some figures are of whole processes: of this program's, run again with -child, and of
// scripts/bench/training.py. Both train a recipe for an epoch and print a line after the
// first batch.
const firstBatch = "first batch"

// child is what this program does with -child, "resnet18 at 128, bfloat16" for instance.
func child(what string) error {
	name, precision, _ := strings.Cut(what, ", ")
	recipes := map[string]recipe{small.name: small, article.name: article}
	r, ok := recipes[name]
	prepare, ok2 := map[string]func(*fastlearn.Learner){"float32": channelsLast, "bfloat16": bfloat16}[precision]
	if !ok || !ok2 {
		return fmt.Errorf("-child %q: no such training", what)
	}
	learn, dls, err := r.learner(prepare, &announce{})
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

// cost is what a process took.
type cost struct {
	first float64 // seconds from its start to its first line
	peak  float64 // bytes of memory, in proportion where they are shared (PSS), with all its children
}

func (c cost) toFirst() float64 { return c.first }
func (c cost) memory() float64  { return c.peak }

// openProcess measures a cost of our process.
func openProcess(r recipe, precision string, of func(cost) float64) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		self, err := os.Executable()
		measure := func() (float64, error) {
			c, err := runProcess(self, "-child", r.name+", "+precision)
			return of(c), err
		}
		return measure, func() {}, err
	}
}

// pythonProcess measures it of fastai's, which trains in float32.
func pythonProcess(r recipe, of func(cost) float64) func() (float64, error) {
	return func() (float64, error) {
		c, err := runProcess(os.Getenv("FASTLEARN_VENV_PYTHON"), filepath.Join("scripts", "bench", "training.py"), r.name)
		return of(c), err
	}
}

// runProcess runs a process to its end.
func runProcess(name string, args ...string) (c cost, err error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return c, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return c, err
	}
	first := make(chan float64, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == firstBatch {
				first <- time.Since(start).Seconds()
			}
		}
		close(first)
	}()
	for {
		select {
		case seconds, ok := <-first:
			if ok {
				c.first = seconds
				continue
			}
			if err := cmd.Wait(); err != nil {
				return c, fmt.Errorf("%s %v: %w", name, args, err)
			}
			if c.first == 0 {
				return c, fmt.Errorf("%s %v trained no batch", name, args)
			}
			return c, nil
		case <-time.After(50 * time.Millisecond):
			c.peak = max(c.peak, float64(treePSS(cmd.Process.Pid)))
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
