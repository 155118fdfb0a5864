package pth

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func TestReadTakesNoMemoryForWhatIsNotThere(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "tied.pth"))
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(data)
	for _, size := range []int64{-1, 0, int64(len(data)) - 1, int64(len(data)) + 1, 1 << 50, math.MaxInt64} {
		if err := refuse(t, len(data), func() error { _, err := Read(r, size); return err }); err == nil {
			t.Errorf("a size of %d is accepted", size)
		}
	}
	f, err := Read(r, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := describeJSON(t, f.Value()), describeJSON(t, open(t, filepath.Join(corpus, "tied.pth")).Value()); got != want {
		compare(t, got, want)
	}
}

func TestOpenSaysWhatIsNotAFileOfWeights(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing.pth")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing.pth") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "it is a directory") {
		t.Errorf("a directory: %v", err)
	}
	for content, want := range parity.Sorted(map[string]string{
		"":                                   "empty",
		"\x1f\x8b\x08\x00rest":               "gzip",
		"version https://git-lfs.github":     "git lfs pull",
		"GGUF\x03\x00\x00\x00":               "llama.cpp",
		"\x93NUMPY\x01\x00":                  "numpy array",
		"\x89HDF\r\n\x1a\n":                  "Keras",
		"\x02\x00\x00\x00\x00\x00\x00\x00{}": "safetensors",
		"<html>":                             "web page",
		"PK":                                 "begins with",
		"PK\x03\x04":                         "cut off",
	}) {
		path := filepath.Join(dir, "w.pth")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", content, err, want)
		}
	}
}

// The bytes of a closed file stay while someone holds them, and writing to them never reaches the file.
func TestHoldKeepsTheBytesAndWritingIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	if err := WriteFile(path, NewTensor(Uint8, []int64{4}, []byte{1, 2, 3, 4}), NoSync()); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	f := open(t, path)
	data := f.Value().(*Tensor).Storage.Data
	release := f.Hold()
	f.Close()
	f.Close()
	data[0] = 9
	if data[0] != 9 || data[3] != 4 {
		t.Errorf("the bytes are %v", data)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("writing to a storage changed the file")
	}
	release()
	release()
}

// Bytes after the zip file are left alone, as PyTorch leaves them.
func TestBytesAfterTheZip(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "state_dict.pth"))
	if err != nil {
		t.Fatal(err)
	}
	want := describeJSON(t, open(t, filepath.Join(corpus, "state_dict.pth")).Value())
	for _, n := range []int{1, 7, 60000} {
		f, err := Decode(append(bytes.Clone(data), bytes.Repeat([]byte("g"), n)...))
		if err != nil {
			t.Errorf("%d bytes: %v", n, err)
			continue
		}
		compare(t, describeJSON(t, f.Value()), want)
	}
}
