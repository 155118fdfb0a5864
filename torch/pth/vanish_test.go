//go:build unix

package pth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// A mapped file that another process made shorter has no pages there any more.
func TestVanishedPagesAreAnErrorOfTheCRCs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	if err := WriteFile(path, NewTensor(Uint8, []int64{8 << 20}, make([]byte, 8<<20)), NoSync()); err != nil {
		t.Fatal(err)
	}
	mapping, err := diskfile.Map(path)
	if err != nil {
		t.Fatal(err)
	}
	defer mapping.Close()
	a, err := torchzip.Open(mapping.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Check(nil); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("the CRCs of a file that vanished: %v", err)
	}
}
