package safetensors

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

func ones(shape ...int64) *pth.Tensor {
	t := pth.NewTensor(pth.Uint8, shape, nil)
	t.Storage.Data = bytes.Repeat([]byte{1}, int(t.Len()))
	return t
}

// What can't be written is refused by name before anything is written, and the old file stays.
func TestWriteRefuses(t *testing.T) {
	complex128 := pth.NewTensor(pth.Complex128, []int64{1}, make([]byte, 16))
	short := pth.NewTensor(pth.Float32, []int64{3}, make([]byte, 11))
	for name, c := range parity.Sorted(map[string]struct {
		key, value any
		metadata   map[string]string
		word       string
	}{
		"dtype":              {"w", complex128, nil, `"w": it is of dtype complex128`},
		"no dtype":           {"w", &pth.Tensor{DType: 99, Storage: &pth.Storage{}}, nil, `"w"`},
		"short storage":      {"w", short, nil, `"w": pth: a tensor of shape [3] reaches beyond`},
		"no storage":         {"w", &pth.Tensor{DType: pth.Float32}, nil, `"w"`},
		"negative shape":     {"w", &pth.Tensor{DType: pth.Float32, Shape: []int64{-1}, Stride: []int64{1}, Storage: &pth.Storage{}}, nil, `"w"`},
		"no tensor":          {"w", "text", nil, `"w": it is a string`},
		"key no string":      {int64(1), ones(1), nil, "the key 1"},
		"key not UTF-8":      {"\xff", ones(1), nil, "UTF-8"},
		"reserved key":       {"__metadata__", ones(1), nil, "__metadata__"},
		"65 dimensions":      {"w", ones(slices.Repeat([]int64{1}, 65)...), nil, "65 dimensions"},
		"metadata not UTF-8": {"w", ones(1), map[string]string{"a": "\xff"}, `"a": it is not UTF-8`},
	}) {
		t.Run(name, func(t *testing.T) {
			state := pth.NewDict()
			state.Set("a", ones(2))
			state.Set(c.key, c.value)
			var out bytes.Buffer
			if err := Write(&out, state, Metadata(c.metadata)); err == nil || !strings.Contains(err.Error(), c.word) || out.Len() > 0 {
				t.Errorf("%v, want %q, and %d bytes written", err, c.word, out.Len())
			}
			path := filepath.Join(t.TempDir(), "old.safetensors")
			if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
			var e *Error
			if err := WriteFile(path, state, Metadata(c.metadata)); !errors.As(err, &e) || e.Path != path {
				t.Errorf("want an *Error that names the file, got %v", err)
			}
			if old, err := os.ReadFile(path); string(old) != "old" {
				t.Errorf("the old file holds %q: %v", old, err)
			}
			if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
				t.Errorf("%v is left: %v", entries, err)
			}
		})
	}
}

func TestErrorsOfTheSystem(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent", "x.safetensors")
	state := pth.NewDict()
	state.Set("a", ones(2))
	_, err := Open(absent)
	for _, err := range []error{err, WriteFile(absent, state)} {
		if !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), "absent") != 1 {
			t.Error(err)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is a directory") {
		t.Error(err)
	}
	if err := Write(full{}, state); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	for _, size := range []int64{6, 1 << 62, math.MaxInt64} {
		if _, err := Read(bytes.NewReader([]byte("12345")), size); !errors.Is(err, io.EOF) {
			t.Errorf("%d bytes of 5: %v", size, err)
		}
	}
	if _, err := Read(bytes.NewReader(nil), -1); err == nil {
		t.Error("read -1 bytes")
	}
	var file bytes.Buffer
	if err := Write(&file, state); err != nil {
		t.Fatal(err)
	}
	if f, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len())); err != nil || f.StateDict().Len() != 1 {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// The bytes of tensors are read and written where they are.
func TestNoSecondCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.safetensors")
	state := pth.NewDict()
	state.Set("a", ones(64<<20))
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if n := allocated(func() {
		if err := WriteFile(path, state, NoSync()); err != nil {
			t.Fatal(err)
		}
	}); n > 1<<16 {
		t.Errorf("writing 64 MB allocates %d bytes", n)
	}
	if n := allocated(func() { open(t, path) }); n > 1<<16 {
		t.Errorf("reading 64 MB allocates %d bytes", n)
	}
}

// Writing to the bytes that were read never reaches the file, and they stay while they are held.
func TestMemoryIsPrivateAndHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	state := pth.NewDict()
	state.Set("a", ones(5000))
	if err := WriteFile(path, state); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	x, _ := pth.Get[*pth.Tensor](f.StateDict(), "a")
	release := f.Hold()
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range x.Storage.Data {
		x.Storage.Data[i]++
	}
	if f.content.Data == nil {
		t.Error("the memory is gone while it is held")
	}
	release()
	release()
	if f.content.Data != nil {
		t.Error("the memory stays when it is released")
	}
	again := open(t, path)
	if y, _ := pth.Get[*pth.Tensor](again.StateDict(), "a"); !bytes.Equal(y.Storage.Data, ones(5000).Storage.Data) {
		t.Error("writing to memory changed the file")
	}
}
