package main

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed toolchain/compat.h
var compatHeader []byte

// stubs are the libraries that gotch links always and that a machine without CUDA
// lacks, as linker scripts that name nothing. libtorch.so is among them, since it
// needs libtorch_cuda.so; what programs use is in libtorch_cpu.so, and the CUDA
// library is loaded at run time where there is a driver.
var stubs = []string{"torch", "torch_cuda", "c10_cuda", "cuda", "cudart", "cublas", "cudnn", "caffe2_nvrtc",
	"nvrtc-builtins", "nvrtc", "nvToolsExt"}

const stub = "/* nothing to link: see fastlearn's scripts/setup */\n"

// writeToolchain writes the header and the stubs into a directory named by their
// content, since Go's build cache looks at paths and not into them.
func writeToolchain(cache string) (string, error) {
	sum := sha256.Sum256(append(compatHeader, fmt.Sprint(stub, stubs)...))
	dir := filepath.Join(cache, fmt.Sprintf("toolchain-%x", sum[:4]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	tmp, err := os.MkdirTemp(cache, "installing-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.Mkdir(filepath.Join(tmp, "stubs"), 0o777); err != nil {
		return "", err
	}
	files := map[string][]byte{"compat.h": compatHeader}
	for _, name := range stubs {
		files["stubs/lib"+name+".so"] = []byte(stub)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), content, 0o666); err != nil {
			return "", err
		}
	}
	return dir, os.Rename(tmp, dir)
}
