package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// exports are lines for a shell's eval. gotch's own flags come after these, so that
// its -O3 wins for its code; ours are for the shim.
func exports(t libtorch, tools, python string) string {
	include, lib := filepath.Join(t.dir, "include"), filepath.Join(t.dir, "lib")
	vars := [][2]string{
		{"CGO_ENABLED", "1"},
		{"CGO_CXXFLAGS", flags("-O2", "-w", "-include", filepath.Join(tools, "compat.h"),
			"-isystem", include, "-isystem", filepath.Join(include, "torch/csrc/api/include"))},
		// The stubs come first. A run path, so that programs need no environment;
		// LD_LIBRARY_PATH still overrides it.
		{"CGO_LDFLAGS", flags("-L"+filepath.Join(tools, "stubs"), "-L"+lib, "-Wl,--enable-new-dtags", "-Wl,-rpath,"+lib)},
	}
	if python != "" {
		vars = append(vars, [2]string{"FASTLEARN_VENV_PYTHON", python})
	}
	var b strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&b, "export %s=%s\n", v[0], shellQuote(v[1]))
	}
	return b.String()
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
