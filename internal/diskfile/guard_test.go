//go:build unix

package diskfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vanished is the mapping of a file that was made shorter since.
func vanished(t *testing.T) *Content {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	put(t, path, strings.Repeat("x", 1<<20))
	m, err := Map(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestVanishedPagesAreAnError(t *testing.T) {
	m := vanished(t)
	n := 0
	err := Guard(func() error { n = bytes.Count(m.Data, []byte("x")); return nil })
	if err == nil || !strings.Contains(err.Error(), "cannot be read") || n > 0 {
		t.Errorf("%d letters of a file that vanished, %v", n, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("another panic was taken for a fault")
		}
	}()
	Guard(func() error { panic("another") })
}

// What is written may be the pages of another file that is mapped.
func TestVanishedPagesLeaveTheOldFile(t *testing.T) {
	m := vanished(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	put(t, path, "old")
	err := Replace(path, false, func(f *os.File) error {
		f.WriteString("half")
		_, err := f.Write(bytes.ToUpper(m.Data))
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("writing what vanished: %v", err)
	}
	expect(t, path, "old")
	if got := names(t, dir); got != "w.pth" {
		t.Errorf("the directory holds %s", got)
	}
}
