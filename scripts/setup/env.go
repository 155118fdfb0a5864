package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// variables are the environment that Go builds in; of more, those that have a value. gotch's own flags come after these, so that
// its -O3 wins for its code; ours are for the shim.
//
// -trimpath keeps the clone's path out of the keys of Go's build cache, so that a second clone, and a
// module that imports this one, take the C++ that was compiled for the first.
func variables(t libtorch, tools, goflags string, more ...[2]string) [][2]string {
	include, lib := filepath.Join(t.dir, "include"), filepath.Join(t.dir, "lib")
	vars := [][2]string{
		{"CGO_ENABLED", "1"},
		{"GOFLAGS", withTrimpath(goflags)},
		{"CGO_CXXFLAGS", flags("-O2", "-w", "-include", filepath.Join(tools, "compat.h"),
			"-isystem", include, "-isystem", filepath.Join(include, "torch/csrc/api/include"))},
		// The stubs come first. A run path, so that programs need no environment;
		// LD_LIBRARY_PATH still overrides it.
		{"CGO_LDFLAGS", flags("-L"+filepath.Join(tools, "stubs"), "-L"+lib, "-Wl,--enable-new-dtags", "-Wl,-rpath,"+lib)},
	}
	return slices.DeleteFunc(append(vars, more...), func(v [2]string) bool { return v[1] == "" })
}

// exports are lines for a shell's eval.
func exports(vars [][2]string) string {
	var b strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&b, "export %s=%s\n", v[0], shellQuote(v[1]))
	}
	return b.String()
}

// withTrimpath adds -trimpath to the flags that the user has set for go already.
func withTrimpath(goflags string) string {
	if slices.ContainsFunc(strings.Fields(goflags), func(f string) bool { return f == "-trimpath" || strings.HasPrefix(f, "-trimpath=") }) {
		return goflags
	}
	return strings.TrimSpace(goflags + " -trimpath")
}

// goFlags are go's flags of the environment or of go's own configuration, which a variable replaces.
func goFlags() (string, error) {
	out, err := exec.Command("go", "env", "GOFLAGS").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOFLAGS: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// flags joins arguments as Go splits CGO_…FLAGS: one with spaces goes into quotes.
func flags(args ...string) string {
	for i, a := range args {
		if strings.ContainsAny(a, " \t") {
			args[i] = "'" + a + "'"
		}
	}
	return strings.Join(args, " ")
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
