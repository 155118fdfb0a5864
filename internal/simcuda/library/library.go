// Package library builds the simulated CUDA of the tests: a shared library that is opened in place of libtorch_cuda.so.
package library

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed src
var sources embed.FS

// Build compiles the library for the libtorch in torchDir, in a directory of cache that is named by what it is made of,
// and returns its path. What is there already is not compiled again.
func Build(cache, torchDir string) (path string, err error) {
	sum := sha256.New()
	fmt.Fprintln(sum, torchDir)
	files, err := sources.ReadDir("src")
	if err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(cache, "installing-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	for _, f := range files {
		text, err := sources.ReadFile("src/" + f.Name())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", f.Name(), len(text), text)
		if err := os.WriteFile(filepath.Join(tmp, f.Name()), text, 0o666); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(cache, fmt.Sprintf("simcuda-%x", sum.Sum(nil)[:4]))
	path = filepath.Join(dir, "libsimcuda.so")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	include, lib := filepath.Join(torchDir, "include"), filepath.Join(torchDir, "lib")
	out, err := exec.Command("g++", "-O1", "-w", "-std=c++17", "-fPIC", "-shared",
		"-isystem", include, "-isystem", filepath.Join(include, "torch/csrc/api/include"), filepath.Join(tmp, "simcuda.cc"),
		"-o", filepath.Join(tmp, "libsimcuda.so"), "-L"+lib, "-Wl,--no-as-needed", "-ltorch_cpu", "-lc10").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the simulated CUDA does not compile: %w\n%s", err, out)
	}
	return path, os.Rename(tmp, dir)
}
