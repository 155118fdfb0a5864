package main

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed requirements.txt
var requirements []byte

// ensureVenv makes the virtual environment that the parity tests compare with, and
// returns its Python. Its directory is named by what it holds.
func ensureVenv(cache string) (string, error) {
	sum := sha256.Sum256(requirements)
	dir := filepath.Join(cache, fmt.Sprintf("venv-%x", sum[:4]))
	python := filepath.Join(dir, "bin", "python")
	ready := filepath.Join(dir, "ready") // written last: an interrupted installation is begun anew
	if _, err := os.Stat(ready); err == nil {
		return python, nil
	}
	progress("making the Python environment of the parity tests in %s (once)", dir)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if out, err := exec.Command("python3", "-m", "venv", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("python3 -m venv %s: %w\n%s", dir, err, out)
	}
	list := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o666); err != nil {
		return "", err
	}
	if err := pip(python, "-r", list); err != nil {
		return "", err
	}
	return python, os.WriteFile(ready, nil, 0o666)
}

// axe is a wheel that brings axe-core, by which tests look at pages in a browser. What else it asks for isn't needed.
const axe = "axe-playwright-python==0.1.8"

// findAxe returns the path of axe-core's script, "" where it can't be had: the tests that need it are skipped then.
func findAxe(cache string) string {
	dir := filepath.Join(cache, strings.Replace(axe, "==", "-", 1))
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		err := installWhole(dir, func(dir string) error { return pip("python3", "--no-deps", "--target", dir, axe) })
		if err != nil {
			progress("axe-core doesn't look at pages in the tests: %v", err)
			return ""
		}
	}
	return filepath.Join(dir, "axe_playwright_python", "axe.min.js")
}
