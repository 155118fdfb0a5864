package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// torchVersion is what fastlearn is built and tested with.
const torchVersion = "2.11.0"

// wheels are the torch wheel and the two small ones that libtorch_cpu.so needs of all
// that torch declares; the rest is for libtorch_cuda.so.
var wheels = []string{"torch==" + torchVersion, "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"}

// libtorch is an installed libtorch: dir holds include and lib.
type libtorch struct{ dir, version string }

// findLibtorch takes the libtorch that the environment names, else the cache's,
// which it installs if it is not there.
func findLibtorch(cache string) (libtorch, error) {
	if dir := os.Getenv("LIBTORCH"); dir != "" {
		return inspect(dir, "LIBTORCH")
	}
	if python := os.Getenv("FASTLEARN_PYTHON"); python != "" {
		return ofPython(python)
	}
	cuda, err := wantsCUDA()
	if err != nil {
		return libtorch{}, err
	}
	dir, install := filepath.Join(cache, "libtorch-"+torchVersion), installCPU
	if cuda {
		dir, install = dir+"-cuda", installCUDA
	}
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		progress("installing libtorch %s into %s (once)", torchVersion, dir)
		if err := installWhole(dir, install); err != nil {
			return libtorch{}, err
		}
	}
	return inspect(filepath.Join(dir, "torch"), "the cache ("+dir+"; remove it to install anew)")
}

func ofPython(python string) (libtorch, error) {
	out, err := exec.Command(python, "-c",
		"import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])").Output()
	if err != nil {
		return libtorch{}, fmt.Errorf("FASTLEARN_PYTHON=%s has no torch: %w", python, err)
	}
	return inspect(strings.TrimSpace(string(out)), "FASTLEARN_PYTHON")
}

// installWhole installs into a temporary directory and renames it: what is there is whole.
func installWhole(dir string, install func(dir string) error) error {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "installing-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := install(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// installCPU leaves out what only a GPU needs.
func installCPU(dir string) error {
	return pip("python3", append([]string{"--no-deps", "--target", dir}, wheels...)...)
}

func pip(python string, args ...string) error {
	cmd := exec.Command(python, append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pip install %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// inspect reads the version of the libtorch in dir and refuses what was not tested.
func inspect(dir, source string) (libtorch, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return libtorch{}, err
	}
	for _, need := range []string{"lib/libtorch_cpu.so", "lib/libc10.so", "include/ATen/ATen.h"} {
		if _, err := os.Stat(filepath.Join(dir, need)); err != nil {
			return libtorch{}, fmt.Errorf("%s: %s isn't a libtorch: it lacks %s", source, dir, need)
		}
	}
	version := versionOf(filepath.Join(dir, "include"))
	if version == "" {
		return libtorch{}, fmt.Errorf("%s: can't tell the version of the libtorch in %s", source, dir)
	}
	if !supported(version) {
		return libtorch{}, fmt.Errorf("%s: libtorch %s in %s is not supported: fastlearn is built and tested with %s", source, version, dir, torchVersion)
	}
	return libtorch{dir, version}, nil
}

var versionPart = regexp.MustCompile(`#define TORCH_VERSION_(MAJOR|MINOR|PATCH) (\d+)`)

// versionOf reads torch's header version.h, which moved between releases.
func versionOf(include string) string {
	for _, header := range []string{"torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"} {
		text, err := diskfile.ReadFile(filepath.Join(include, header))
		if err != nil {
			continue
		}
		if m := versionPart.FindAllSubmatch(text, -1); len(m) == 3 {
			return fmt.Sprintf("%s.%s.%s", m[0][2], m[1][2], m[2][2])
		}
	}
	return ""
}

// supported takes every patch release of the tested version.
func supported(version string) bool {
	minor := torchVersion[:strings.LastIndex(torchVersion, ".")+1]
	return strings.HasPrefix(version, minor)
}
