//go:build unix

package pth

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A sparseFile leaves holes where zeros are written: a file of zeros takes no room on the disk.
type sparseFile struct {
	*os.File
	zeros []byte
}

func (f *sparseFile) Write(b []byte) (int, error) {
	if len(b) >= 4096 && len(b) <= len(f.zeros) && bytes.Equal(b, f.zeros[:len(b)]) {
		_, err := f.Seek(int64(len(b)), 1)
		return len(b), err
	}
	return f.File.Write(b)
}

// Beyond 4 GB, sizes and offsets are in zip64's fields. The storage is memory that was never touched, the file
// is full of holes, and is read without its CRCs, so that neither takes room. FASTLEARN_TEST_BIG=1 checks them and
// maps the file in Python too, for which 4 GB go through memory.
func TestBeyond4GB(t *testing.T) {
	if testing.Short() {
		t.Skip("writing 4 GB takes a second or two")
	}
	opts := []Option{SkipCRC()}
	big := os.Getenv("FASTLEARN_TEST_BIG") != ""
	if big {
		opts = nil
	}
	const size = 1<<32 + 100
	data, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skipf("there is no room for 4 GB of addresses: %v", err)
	}
	defer syscall.Munmap(data)
	data[5], data[size-1] = 7, 9
	path := filepath.Join(t.TempDir(), "big.pth")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	value := dict("a", NewTensor(Uint8, []int64{size}, data), "b", NewTensor(Uint8, []int64{3}, []byte{1, 2, 3}))
	if err := Write(&sparseFile{f, make([]byte, 1<<18)}, value); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t, path, opts...).Value().(*Dict)
	a, _ := Get[*Tensor](d, "a")
	b, _ := Get[*Tensor](d, "b")
	if len(a.Storage.Data) != size || a.Storage.Data[5] != 7 || a.Storage.Data[size-1] != 9 || string(b.Storage.Data) != "\x01\x02\x03" {
		t.Errorf("read again, the storages are %d and %v", len(a.Storage.Data), b.Storage.Data)
	}
	if !big {
		return
	}
	if got := strings.TrimSpace(string(python(t, "pth_big.py", path))); got != "torch.uint8 4294967396 7 9 [1, 2, 3]" {
		t.Errorf("Python reads %s", got)
	}
}
