package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// wantsCUDA tells whether FASTLEARN_CUDA asks for a libtorch with all of CUDA's libraries.
func wantsCUDA() (bool, error) {
	v := os.Getenv("FASTLEARN_CUDA")
	if v == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("FASTLEARN_CUDA=%s: want 1 for CUDA's libraries, 0 or nothing for the CPU's alone", v)
	}
	return on, nil
}

// installCUDA installs the torch wheel into dir, then what its metadata asks for of
// NVIDIA's. In this order, since pip leaves a directory alone that is there already, and
// all of NVIDIA's wheels share one.
func installCUDA(dir string) error {
	if err := pip("python3", "--no-deps", "--target", dir, wheels[0]); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(dir, "torch-*.dist-info", "METADATA"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("the wheel %s has %d files of metadata, want 1", wheels[0], len(found))
	}
	metadata, err := diskfile.ReadFile(found[0])
	if err != nil {
		return err
	}
	needed := cudaRequirements(string(metadata))
	if len(needed) == 0 {
		return fmt.Errorf("the wheel %s asks for none of NVIDIA's wheels: it is built without CUDA", wheels[0])
	}
	return pip("python3", append([]string{"--target", dir}, needed...)...)
}

// cudaRequirements are the requirements in a wheel's metadata that bring CUDA's libraries,
// as pip takes them. What is for Python alone is left out (Triton, CUDA's bindings), and so
// is what only an extra asks for.
func cudaRequirements(metadata string) []string {
	var needed []string
	header, _, _ := strings.Cut(strings.ReplaceAll(metadata, "\r\n", "\n"), "\n\n")
	for line := range strings.SplitSeq(header, "\n") {
		requirement, ok := strings.CutPrefix(line, "Requires-Dist: ")
		_, marker, _ := strings.Cut(requirement, ";")
		library := strings.HasPrefix(requirement, "nvidia-") || strings.HasPrefix(requirement, "cuda-toolkit")
		if ok && library && !strings.Contains(marker, "extra") {
			needed = append(needed, requirement)
		}
	}
	return needed
}
