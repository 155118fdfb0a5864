package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// fakeLibtorch is a directory that looks like a libtorch of that version.
func fakeLibtorch(t *testing.T, major, minor, patch string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "lib torch") // with a space: it must be quoted everywhere
	for name, text := range parity.Sorted(map[string]string{
		"lib/libtorch_cpu.so": "", "lib/libc10.so": "", "include/ATen/ATen.h": "",
		"include/torch/headeronly/version.h": "#define TORCH_VERSION_MAJOR " + major + "\n#define TORCH_VERSION_MINOR " + minor + "\n#define TORCH_VERSION_PATCH " + patch + "\n",
	}) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExistingLibtorch(t *testing.T) {
	for _, c := range []struct{ major, minor, patch, want string }{
		{"2", "11", "0", ""}, {"2", "11", "3", ""}, {"2", "1", "0", "not supported"}, {"2", "15", "0", "not supported"},
	} {
		t.Setenv("LIBTORCH", fakeLibtorch(t, c.major, c.minor, c.patch))
		got, err := findLibtorch(t.TempDir())
		version := c.major + "." + c.minor + "." + c.patch
		if c.want == "" && (err != nil || got.version != version) {
			t.Errorf("%s: %+v, %v", version, got, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), version)) {
			t.Errorf("%s: error %v", version, err)
		}
	}
	t.Setenv("LIBTORCH", t.TempDir())
	if _, err := findLibtorch(t.TempDir()); err == nil || !strings.Contains(err.Error(), "lacks lib/libtorch_cpu.so") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestTorchOfAPython(t *testing.T) {
	t.Setenv("FASTLEARN_PYTHON", parity.Interpreter(t))
	got, err := findLibtorch(t.TempDir())
	if err != nil || got.version != torchVersion {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv("FASTLEARN_PYTHON", "false")
	if _, err := findLibtorch(t.TempDir()); err == nil || !strings.Contains(err.Error(), "FASTLEARN_PYTHON=false") {
		t.Errorf("a Python without torch: %v", err)
	}
}

// What is printed survives a shell and Go's splitting, spaces and quotes included.
func TestExportsAreQuoted(t *testing.T) {
	out := exports(variables(libtorch{dir: "/a b/it's/torch"}, "/tool s", "-mod=mod", [2]string{"FASTLEARN_VENV_PYTHON", "/py thon"}))
	cmd := exec.Command("sh", "-c", out+`printf '%s\n' "$CGO_CXXFLAGS" "$FASTLEARN_VENV_PYTHON" "$GOFLAGS"`)
	printed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(printed), "\n")
	if !strings.Contains(lines[0], `'/tool s/compat.h'`) || lines[1] != "/py thon" || lines[2] != "-mod=mod -trimpath" {
		t.Errorf("a shell sees %q", lines)
	}
}

func TestTrimpathIsSetOnce(t *testing.T) {
	for given, want := range parity.Sorted(map[string]string{
		"":                        "-trimpath",
		"-buildvcs=false":         "-buildvcs=false -trimpath",
		"-trimpath -mod=mod":      "-trimpath -mod=mod",
		"-trimpath=false -v=true": "-trimpath=false -v=true",
	}) {
		if got := withTrimpath(given); got != want {
			t.Errorf("withTrimpath(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestToolchainIsWrittenOnce(t *testing.T) {
	cache := t.TempDir()
	first, err := writeToolchain(cache)
	if err != nil {
		t.Fatal(err)
	}
	second, err := writeToolchain(cache)
	if err != nil || first != second {
		t.Errorf("%s, then %s, %v", first, second, err)
	}
	for _, name := range []string{"compat.h", "stubs/libtorch_cuda.so", "stubs/libcuda.so"} {
		if _, err := os.Stat(filepath.Join(first, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestLockExcludes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			unlock, err := lock(path)
			if err != nil {
				t.Error(err)
				return
			}
			if !mu.TryLock() {
				t.Error("two hold the lock")
			} else {
				mu.Unlock()
			}
			unlock()
		})
	}
	wg.Wait()
}

func TestMissingPrerequisitesAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := checkPrerequisites()
	if err == nil || !strings.Contains(err.Error(), "g++, python3") || !strings.Contains(err.Error(), aptLine) {
		t.Errorf("error %v", err)
	}
}

// README, the images and what setup says when something is missing name the same packages.
func TestTheAptLineIsTheSameEverywhere(t *testing.T) {
	_, packages, _ := strings.Cut(aptLine, " -y ")
	for name, want := range parity.Sorted(map[string]string{"README.md": aptLine + "\n", "scripts/image/packages.sh": " " + packages + "\n"}) {
		text, err := os.ReadFile(filepath.Join(parity.Root(), name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q, %v", name, want, err)
		}
	}
}

// usersProgram is a module's of somebody who uses fastlearn: it prints 6.
const usersProgram = "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/fastlearn-go/fastlearn/torch\"\n)\n\nfunc main() {\n\ts := torch.NewScope()\n\tdefer s.Close()\n\tfmt.Println(s.Ones(2, 3).Sum().Item())\n}\n"

// A module outside the clone that imports fastlearn builds and runs in the environment
// that setup prints.
func TestAStrangersModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	root, err := filepath.Abs(parity.Root())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range parity.Sorted(map[string]string{
		"go.sum":  string(sum),
		"main.go": usersProgram,
		"go.mod":  "module stranger\n\ngo 1.25\n\nrequire github.com/fastlearn-go/fastlearn v0.0.0\n\nreplace github.com/fastlearn-go/fastlearn => " + root + "\n",
	}) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	script := `vars="$(cd "$1" && CGO_ENABLED=0 go run ./scripts/setup env)" && eval "$vars" && go mod tidy 2>/dev/null && go build -o program . && exec env -i ./program`
	cmd := exec.Command("bash", "-c", script, "bash", root)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_CXXFLAGS=", "CGO_LDFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "6" {
		t.Errorf("%v\n%s", err, out)
	}
}

// Without the environment each of our C++ files stops at its first line, which says what to run.
func TestCompilerSaysWhatToRun(t *testing.T) {
	shim := filepath.Join(parity.Root(), "torch", "internal", "shim")
	files, err := filepath.Glob(filepath.Join(shim, "*.cc"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, after, _ := strings.Cut(string(source), "\n#include "); !strings.HasPrefix(after, `"environment.h"`) {
			t.Errorf("%s doesn't include environment.h first", filepath.Base(file))
		}
	}
	for _, header := range []struct{ compiler, file, says string }{
		{"c++", filepath.Join(shim, "environment.h"), "go run ./scripts/setup env"},
		{"c", filepath.Join(parity.Root(), "vision", "jpeg", "jpeg.h"), "apt-get install libjpeg-dev"},
	} {
		out, err := exec.Command("g++", "-x", header.compiler, "-nostdinc", "-I", t.TempDir(), "-fsyntax-only", "-Wfatal-errors", header.file).CombinedOutput()
		if err == nil || !strings.Contains(string(out), header.says) {
			t.Errorf("%s without libraries: %v\n%s", header.file, err, out)
		}
	}
}
