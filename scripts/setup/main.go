// Setup installs what fastlearn is built with and prints the environment for it:
//
//	eval "$(go run ./scripts/setup env)"
//
// libtorch, a header and link stubs go into a stable directory of the user's cache
// (FASTLEARN_CACHE overrides which), so that a second clone neither downloads nor
// recompiles. It is the CPU's libtorch; with FASTLEARN_CUDA=1 all of CUDA's libraries
// come with it, 3.8 GB in place of 1.2. LIBTORCH=/path uses a libtorch that is there already,
// FASTLEARN_PYTHON the torch of that Python.
//
// Commands: env (installs what is missing, then prints), env -python (with the Python
// that the parity tests run, and axe-core for those of pages), env -simcuda (with the simulated CUDA that tests run on), install, check.
// Install leaves the command fastlearn in GOBIN, of the clone it runs in or, where there is none, of the version that it is itself:
//
//	go run github.com/fastlearn-go/fastlearn/scripts/setup@latest install
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/simcuda/library"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do: env, env -python, install or check")
	}
	if err := checkPrerequisites(); err != nil {
		return err
	}
	if args[0] == "check" {
		fmt.Println("all that is needed is here")
		return nil
	}
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(cache, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	torch, err := findLibtorch(cache)
	if err != nil {
		return err
	}
	tools, err := writeToolchain(cache)
	if err != nil {
		return err
	}
	python, axe := "", ""
	if slices.Contains(args, "-python") {
		if python, err = ensureVenv(cache); err != nil {
			return err
		}
		axe = findAxe(cache)
	}
	simulation := ""
	if slices.Contains(args, "-simcuda") {
		if simulation, err = library.Build(cache, torch.dir); err != nil {
			return err
		}
	}
	goflags, err := goFlags()
	if err != nil {
		return err
	}
	vars := variables(torch, tools, goflags, [2]string{"FASTLEARN_VENV_PYTHON", python}, [2]string{"FASTLEARN_AXE", axe}, [2]string{"FASTLEARN_CUDA_LIBRARY", simulation})
	switch args[0] {
	case "env":
		fmt.Print(exports(vars))
	case "install":
		return installCommand(vars)
	default:
		return fmt.Errorf("no command %q: there are env, install and check", args[0])
	}
	return nil
}

// cacheDir is where everything goes; paths in it are part of the keys of Go's build
// cache, so it must not differ between clones.
func cacheDir() (string, error) {
	dir := os.Getenv("FASTLEARN_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no directory for the cache (%w): set FASTLEARN_CACHE", err)
		}
		dir = filepath.Join(base, "fastlearn")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o777)
}
