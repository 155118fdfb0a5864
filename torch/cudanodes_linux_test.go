package torch

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Device nodes that the user may not open are named, as the driver says only that there is no GPU.
func TestDeniedDeviceNodes(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range parity.Sorted(map[string]os.FileMode{"nvidia0": 0, "nvidia1": 0o666, "other": 0}) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 { // who may open everything: as another user, on this thread alone
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	want := "; this user may not open " + filepath.Join(dir, "nvidia0")
	if got := denied(filepath.Join(dir, "nvidia*")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := denied(filepath.Join(dir, "none*")); got != "" {
		t.Errorf("without nodes: %q", got)
	}
}
