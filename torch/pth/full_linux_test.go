package pth

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFullDiskLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "w.pth")
	old := NewTensor(Uint8, []int64{1 << 18}, make([]byte, 1<<18))
	if err := WriteFile(path, old); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1 << 20, 8 << 20} {
		err := WriteFile(path, NewTensor(Uint8, []int64{int64(size)}, make([]byte, size)))
		var e *Error
		if !errors.As(err, &e) || e.Path != path || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("writing %d bytes to a full disk: %v", size, err)
		}
		w := open(t, path).Value().(*Tensor)
		if len(w.Storage.Data) != 1<<18 {
			t.Errorf("the old file holds %d bytes now", len(w.Storage.Data))
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("the directory holds %v", entries)
		}
	}
	if err := WriteFile(path, old); err != nil {
		t.Errorf("there is room for this again: %v", err)
	}
}
