package torch_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A machine whose CUDA is broken computes on the CPU, and the error says what is wrong with it.
func TestBrokenCUDA(t *testing.T) {
	if os.Getenv("BROKEN_CUDA") != "" {
		s := torch.NewScope()
		defer s.Close()
		fmt.Println("sum:", s.Ones(2).Sum().Item(), "check:", torch.CUDA(0).Check())
		return
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	drivers := filepath.Join(dir, "drivers")
	if err := os.Mkdir(drivers, 0o777); err != nil {
		t.Fatal(err)
	}
	compile := func(name, text string) string {
		path := filepath.Join(dir, name)
		if out, err := exec.Command("gcc", "-shared", "-fPIC", "-Wl,-z,now", "-o", path, write("library.c", text)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return path
	}
	compile("drivers/libcuda.so.1", "int cuInit(unsigned flags) { return 100; }\n")
	version := compile("other.so", "extern int of_another_version(void); int use(void) { return of_another_version(); }\n")
	denied := compile("denied.so", `#include <stddef.h>
int cuInit(unsigned flags) { return 304; }
int cuDeviceGet(int *device, int i) { return 3; }
int cuDeviceGetName(char *name, int n, int device) { return 3; }
int cuGetErrorString(int code, const char **text) {
  *text = code == 304 ? "OS call failed or operation not supported on this OS" : NULL;
  return 0;
}
`)
	for _, c := range []struct{ name, env, want string }{
		{"a driver without the library", "LD_LIBRARY_PATH=" + drivers + ":" + os.Getenv("LD_LIBRARY_PATH"), "cannot open shared object file"}, // libtorch_cuda.so or one of NVIDIA's
		{"a library of another version", "FASTLEARN_CUDA_LIBRARY=" + version, "undefined symbol: of_another_version"},
		{"a file that isn't a library", "FASTLEARN_CUDA_LIBRARY=" + write("text.so", strings.Repeat("text ", 100)), "invalid ELF header"},
		{"a library that isn't there", "FASTLEARN_CUDA_LIBRARY=" + filepath.Join(dir, "missing.so"), "missing.so: cannot open shared object file"},
		{"a library that may not be read", "FASTLEARN_CUDA_LIBRARY=" + dir, "cannot read file data"},
		{"a device node that may not be opened", "FASTLEARN_CUDA_LIBRARY=" + denied, "the CUDA driver says: OS call failed or operation not supported on this OS"},
		{"GPUs that are hidden", "CUDA_VISIBLE_DEVICES=-1", "CUDA_VISIBLE_DEVICES hides every GPU"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if torch.CUDADeviceCount() > 0 || os.Getenv("FASTLEARN_CUDA") != "" {
				t.Skip("this machine's CUDA is whole")
			}
			cmd := exec.Command(os.Args[0], "-test.run", "^TestBrokenCUDA$")
			cmd.Env = append(os.Environ(), "BROKEN_CUDA=1", c.env)
			out, err := cmd.CombinedOutput()
			if got := string(out); err != nil || !strings.Contains(got, "sum: 2 check: ") || !strings.Contains(got, c.want) ||
				strings.Contains(got, "can't be loaded") && !strings.Contains(got, "FASTLEARN_CUDA=1") {
				t.Errorf("%v: %s, want %q", err, got, c.want)
			}
		})
	}
}

// Memory is lacking in the words of libtorch's allocators, of the driver and of CUDA's libraries; other failures are another matter.
func TestErrOutOfMemoryInAllWords(t *testing.T) {
	for msg, want := range parity.Sorted(map[string]bool{
		"CUDA out of memory. Tried to allocate 4.00 MiB. GPU 0 has a total capacity of 1.00 MiB":          true,
		"CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported":                  true,
		"CUDA driver error: out of memory":                                                                true,
		"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`":                      true,
		"cuDNN error: CUDNN_STATUS_ALLOC_FAILED":                                                          true,
		"cuFFT error: CUFFT_ALLOC_FAILED":                                                                 true,
		"[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you …": true,
		"CUDA error: unspecified launch failure":                                                          false,
		"cuDNN error: CUDNN_STATUS_NOT_SUPPORTED":                                                         false,
	}) {
		if got := errors.Is(&torch.Error{Op: "conv2d", Msg: msg}, torch.ErrOutOfMemory); got != want {
			t.Errorf("%q: %v", msg, got)
		}
	}
}
