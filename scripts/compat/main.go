// Compat shows that older PyTorches read what fastlearn writes: it makes a virtual environment for each of
// them in the user's cache (several gigabytes, once), writes again what is in the files of torch/pth/testdata/python,
// and lets internal/parity/python/compat.py load it there. Run it from the root of the repository: make compat.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// versions are the PyTorches beside the one of the parity tests.
var versions = []string{"2.1.2", "2.6.0"}

const corpus = "torch/pth/testdata/python"

// names are files of the corpus whose values are all of classes that are written as they are read.
var names = []string{"state_dict", "parameters", "fastai_model", "tied", "views", "lightning", "legacy", "dtypes", "values", "for21", "for26"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "fastlearn-compat-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range names {
		if err := rewrite(filepath.Join(corpus, name+".pth"), filepath.Join(dir, name+".pth")); err != nil {
			return err
		}
	}
	failed := false
	for _, version := range versions {
		python, err := environment(version)
		if err != nil {
			return err
		}
		failed = try("PyTorch "+version, python, dir) != nil || failed
	}
	if python := os.Getenv("FASTLEARN_VENV_PYTHON"); python != "" {
		failed = try("the PyTorch of the parity tests", python, dir) != nil || failed
	}
	if failed {
		return fmt.Errorf("not every file is read everywhere")
	}
	return nil
}

func rewrite(from, to string) error {
	f, err := pth.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return pth.WriteFile(to, f.Value())
}

func try(what, python, dir string) error {
	fmt.Println(what)
	cmd := exec.Command(python, filepath.Join("internal", "parity", "python", "compat.py"), dir, corpus, "state_dict.pth")
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// environment makes a virtual environment with that PyTorch, if it is not there, and returns its Python.
func environment(version string) (string, error) {
	cache := os.Getenv("FASTLEARN_CACHE")
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no directory for the cache (%w): set FASTLEARN_CACHE", err)
		}
		cache = filepath.Join(base, "fastlearn")
	}
	dir := filepath.Join(cache, "compat", "torch-"+version)
	python, ready := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "ready")
	if _, err := os.Stat(ready); err == nil {
		return python, nil
	}
	fmt.Fprintf(os.Stderr, "installing PyTorch %s into %s (once)\n", version, dir)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "torch==" + version, "numpy<2"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", args, err)
		}
	}
	return python, os.WriteFile(ready, nil, 0o666)
}
