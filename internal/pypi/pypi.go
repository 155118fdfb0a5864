// Package pypi has what scripts need of Python beside the tests' environment: folders of the user's cache that pip filled.
package pypi

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Folder returns the folder of a name, in which pip did once what args say: with $FASTLEARN_VENV_PYTHON, which is for pip and stays as it is.
func Folder(name string, args ...string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "fastlearn", "results", name)
	done := filepath.Join(dir, "done")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		return "", errors.New("FASTLEARN_VENV_PYTHON is unset: run make results or make bench")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	cmd := exec.Command(python, append([]string{"-m", "pip", "--quiet", "--disable-pip-version-check"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("pip %v: %w", args, err)
	}
	return dir, os.WriteFile(done, nil, 0o666)
}
