package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const corpus = "../../torch/pth/testdata/python/"

// The tests run the program as its users do: this binary, once more, as main.
func TestMain(m *testing.M) {
	if os.Getenv("INSPECT_RUN_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// printed runs the program and returns what it printed.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "INSPECT_RUN_MAIN=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.String())
	}
	return string(out)
}

// inspectJSON reads what it prints with -json.
func inspectJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	out := printed(t, append([]string{"-json"}, args...)...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

// Each way to call it prints what the package torch/checkpoint/inspect finds, as text or as JSON.
func TestProgram(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.safetensors")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{corpus + "lightning.pth"}, "9 tensors, 38 elements, 156 B"},
		{[]string{"-stats", corpus + "lightning.pth"}, "0 NaN"},
		{[]string{"-skipcrc", corpus + "no_crc.pth"}, "9 tensors, 38 elements"},
		{[]string{"-o", out, corpus + "lightning.pth"}, "left out: epoch"},
		{[]string{corpus + "lightning.pth", out}, "9 tensors are the same, 0 differ"},
	} {
		if text := printed(t, c.args...); !strings.Contains(text, c.want) {
			t.Errorf("%q: no %q in\n%s", c.args, c.want, text)
		}
	}
	var report struct{ Kind string }
	if inspectJSON(t, &report, out); report.Kind != "safetensors" {
		t.Errorf("%+v", report)
	}
}

// What can't work is said in one line that names what was wrong.
func TestErrors(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.pth")
	noise := filepath.Join(t.TempDir(), "noise.pth")
	if err := os.WriteFile(noise, bytes.Repeat([]byte("noise"), 100), 0o666); err != nil {
		t.Fatal(err)
	}
	good := corpus + "tied.pth"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "want one file"},
		{[]string{good, good, good}, "want one file"},
		{[]string{absent}, absent},
		{[]string{good, absent}, absent},
		{[]string{noise}, noise},
		{[]string{corpus + "torchscript.pth"}, "TorchScript"},
		{[]string{corpus + "no_crc.pth"}, "SkipCRC"},
		{[]string{"-o", absent, good, good}, "-o"},
		{[]string{"-o", absent, corpus + "values.pth"}, "no state_dict"},
		{[]string{"-o", filepath.Join(absent, "x.pth"), good}, absent},
		{[]string{"-o", noise + ".safetensors", corpus + "dtypes.pth"}, "complex"},
	} {
		cmd := exec.Command(os.Args[0], c.args...)
		cmd.Env = append(os.Environ(), "INSPECT_RUN_MAIN=1")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		said := strings.TrimSpace(stderr.String())
		if err == nil || cmd.ProcessState.ExitCode() != 1 || stdout.Len() > 0 {
			t.Errorf("%q: %v, and printed %q", c.args, err, stdout.String())
		}
		if !strings.HasPrefix(said, "inspect: ") || !strings.Contains(said, c.want) || strings.Contains(said, "\n") {
			t.Errorf("%q: it said %q, want %q", c.args, said, c.want)
		}
	}
	if _, err := os.Stat(noise + ".safetensors"); err == nil {
		t.Error("half a file is left")
	}
}

// The program needs no C.
func TestBuildsWithoutCgo(t *testing.T) {
	cmd := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "inspect"), ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
