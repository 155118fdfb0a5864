package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func TestCUDARequirements(t *testing.T) {
	metadata := strings.Join([]string{
		"Metadata-Version: 2.4",
		"Name: torch",
		"Requires-Dist: filelock",
		`Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.2; platform_system == "Linux"`,
		`Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == "Linux"`,
		"Requires-Dist: nvidia-cudnn-cu13==9.19.0.56",
		`Requires-Dist: nvidia-dali==1.0; extra == "dali"`,
		`Requires-Dist: triton==3.6.0; platform_system == "Linux"`,
		"",
		"Requires-Dist: nvidia-of-the-description",
	}, "\n")
	want := []string{`cuda-toolkit[cublas,cudart]==13.0.2; platform_system == "Linux"`, "nvidia-cudnn-cu13==9.19.0.56"}
	for _, text := range []string{metadata, strings.ReplaceAll(metadata, "\n", "\r\n")} {
		if got := cudaRequirements(text); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The metadata of the torch that the tests compare with is read as the wheel's is meant.
func TestCUDARequirementsOfTheWheel(t *testing.T) {
	const program = `import importlib.metadata as m; print(m.distribution("torch").read_text("METADATA"))`
	out, err := exec.Command(parity.Interpreter(t), "-c", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := cudaRequirements(string(out))
	var names []string
	for _, r := range got {
		names = append(names, r[:strings.IndexAny(r, "[=<> ;")])
	}
	for _, want := range []string{"cuda-toolkit", "nvidia-cudnn-cu13", "nvidia-nccl-cu13", "nvidia-nvshmem-cu13", "nvidia-cusparselt-cu13"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %q", want, names)
		}
	}
}

// fakePip is a python3 that installs what setup asks for as empty files, and notes it.
func fakePip(t *testing.T, metadata string) (log string) {
	t.Helper()
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	script := `#!/bin/sh
echo "$@" >> "` + log + `"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/torch/lib" "$2/torch/include/ATen" "$2/torch/include/torch/headeronly" "$2/torch-2.11.0.dist-info"
touch "$2/torch/lib/libtorch_cpu.so" "$2/torch/lib/libc10.so" "$2/torch/include/ATen/ATen.h"
printf '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n#define TORCH_VERSION_PATCH 0\n' > "$2/torch/include/torch/headeronly/version.h"
cat > "$2/torch-2.11.0.dist-info/METADATA" <<'END'
` + metadata + `
END
`
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return log
}

func TestCUDAIsInstalledBesideTheCPUs(t *testing.T) {
	t.Setenv("LIBTORCH", "")
	t.Setenv("FASTLEARN_PYTHON", "")
	log := fakePip(t, "Name: torch\nRequires-Dist: nvidia-nccl-cu13==2.28.9; platform_system == \"Linux\"")
	cache := t.TempDir()
	t.Setenv("FASTLEARN_CUDA", "")
	cpu, err := findLibtorch(cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("FASTLEARN_CUDA", "1")
	for range 2 { // the second finds it there
		cuda, err := findLibtorch(cache)
		if err != nil || cuda.dir == cpu.dir || filepath.Dir(filepath.Dir(cuda.dir)) != cache {
			t.Fatalf("%+v beside %+v, %v", cuda, cpu, err)
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[1], " torch==2.11.0") || !strings.HasSuffix(lines[2], ` nvidia-nccl-cu13==2.28.9; platform_system == "Linux"`) {
		t.Errorf("pip was asked for %q", lines)
	}
}

// Without metadata that asks for CUDA nothing is left in the cache that a next run would take.
func TestCUDAOfAWheelWithout(t *testing.T) {
	t.Setenv("LIBTORCH", "")
	t.Setenv("FASTLEARN_PYTHON", "")
	t.Setenv("FASTLEARN_CUDA", "1")
	fakePip(t, "Name: torch\nRequires-Dist: filelock")
	cache := t.TempDir()
	if _, err := findLibtorch(cache); err == nil || !strings.Contains(err.Error(), "built without CUDA") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	t.Setenv("FASTLEARN_CUDA", "maybe")
	if _, err := findLibtorch(cache); err == nil || !strings.Contains(err.Error(), "FASTLEARN_CUDA=maybe") {
		t.Errorf("error %v", err)
	}
}
