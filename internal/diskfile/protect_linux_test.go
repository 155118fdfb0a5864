package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// ordinary makes this test an ordinary user's as far as files are concerned, also where root runs it.
func ordinary(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Chown(filepath.Join(dir, e.Name()), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // for good: the thread ends with the test
	syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
	t.Cleanup(func() { syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0) })
}

func TestWriteProtectedFilesAndDirectoriesStay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	put(t, path, "old")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	ordinary(t, dir)
	if err := ReplaceBytes(path, []byte("new")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("replacing a write-protected file: %v", err)
	}
	expect(t, path, "old")
	if err := errors.Join(os.Chmod(path, 0o644), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceBytes(path, []byte("new")); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "directory "+dir) {
		t.Errorf("replacing a file in a write-protected directory: %v", err)
	}
	expect(t, path, "old")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, path, "new")
	expect(t, path, "new")
}
