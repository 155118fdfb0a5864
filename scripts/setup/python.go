package main

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
