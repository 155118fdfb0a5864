//go:build unix

package pth

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// A pipe is refused at once: who opens it would wait for a writer.
func TestPipesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.pth")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Skip(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path+": it is not a regular file") {
		t.Errorf("opening a pipe: %v", err)
	}
}

// A mapped file that another process made shorter has no pages there any more.
func TestVanishedPagesAreAnErrorOfTheCRCs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	if err := WriteFile(path, NewTensor(Uint8, []int64{8 << 20}, make([]byte, 8<<20)), NoSync()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mapping, err := diskfile.Map(f)
	if err != nil {
		t.Fatal(err)
	}
	defer mapping.Unmap()
	a, err := readArchive(mapping.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.check(); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("the CRCs of a file that vanished: %v", err)
	}
}
