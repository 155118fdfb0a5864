package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

// worker is the Python process that measures the other side, so that neither its
// start nor its imports are in any figure.
type worker struct {
	side []string // the program and its arguments
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// pythonSide is the program that measures the other side of a group's figures.
func pythonSide(group string) []string {
	if isGPU(group) {
		return gpu.side()
	}
	return []string{"scripts/bench/bench.py"}
}

// to is w where it runs side already, else a new process in its place; w may be nil.
func (w *worker) to(side []string) (*worker, error) {
	if w != nil && slices.Equal(w.side, side) {
		return w, nil
	}
	w.close()
	return startPython(side)
}

func startPython(side []string, env ...string) (*worker, error) {
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		return nil, errors.New("FASTLEARN_VENV_PYTHON is unset: run make bench")
	}
	cmd := exec.Command(python, side...)
	cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &worker{side, cmd, in, bufio.NewScanner(out)}, nil
}

// measure asks for one round of a figure.
func (w *worker) measure(figure string) (float64, error) {
	var v float64
	return v, w.ask("measure "+figure, &v)
}

// drop lets go of what the figure holds.
func (w *worker) drop(figure string) error {
	var ok bool
	return w.ask("drop "+figure, &ok)
}

func (w *worker) ask(line string, answer any) error {
	if _, err := fmt.Fprintln(w.in, line); err != nil {
		return fmt.Errorf("the Python side is gone: %w", err)
	}
	if !w.out.Scan() {
		return fmt.Errorf("the Python side ended at %q", line)
	}
	return json.Unmarshal(w.out.Bytes(), answer)
}

func (w *worker) close() {
	if w == nil {
		return
	}
	w.in.Close()
	_ = w.cmd.Wait() // its figures are already in
}
