package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// worker is the Python process that measures the other side, so that neither its
// start nor its imports are in any figure.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPython() (*worker, error) {
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		return nil, errors.New("FASTLEARN_VENV_PYTHON is unset: run make bench")
	}
	cmd := exec.Command(python, filepath.Join("scripts", "bench", "bench.py"))
	cmd.Stderr = os.Stderr
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
	return &worker{cmd, in, bufio.NewScanner(out)}, nil
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
	w.in.Close()
	_ = w.cmd.Wait() // its figures are already in
}
