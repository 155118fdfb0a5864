package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

const (
	module  = "github.com/fastlearn-go/fastlearn"
	command = module + "/fastlearn/cmd/fastlearn"
)

// installCommand builds the command fastlearn in an environment, and leaves it where Go puts programs. It finds libtorch by itself, so
// that it runs anywhere.
func installCommand(vars [][2]string) error {
	what := command
	if here, err := output("go", "list", "-m"); err != nil || !strings.Contains("\n"+here+"\n", "\n"+module+"\n") {
		info, ok := debug.ReadBuildInfo()
		if !ok || !strings.HasPrefix(info.Main.Version, "v") {
			return fmt.Errorf("run it in a clone, or as go run %s/scripts/setup@latest install", module)
		}
		what += "@" + info.Main.Version
	}
	progress("building %s; the first time it compiles C++ for some minutes", what)
	cmd := exec.Command("go", "install", what)
	cmd.Stdout, cmd.Stderr, cmd.Env = os.Stderr, os.Stderr, os.Environ()
	for _, v := range vars {
		cmd.Env = append(cmd.Env, v[0]+"="+v[1])
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go install %s: %w", what, err)
	}
	bin, err := output("go", "env", "GOBIN", "GOPATH")
	if err != nil {
		return err
	}
	gobin, gopath, _ := strings.Cut(bin, "\n")
	dir := cmp.Or(gobin, filepath.Join(filepath.SplitList(strings.TrimSpace(gopath))[0], "bin"))
	program := filepath.Join(dir, "fastlearn")
	fmt.Println(program)
	if found, err := exec.LookPath("fastlearn"); err != nil || found != program {
		progress("%s isn't first in PATH: export PATH=%s:$PATH", dir, dir)
	}
	return nil
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
