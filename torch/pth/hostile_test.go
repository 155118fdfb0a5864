package pth

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// hostileMemory and hostileAllocations bound the work of refusing a file of that size, beside the steps that
// the machine itself counts.
func hostileMemory(size int) uint64 { return uint64(2*size + 1<<20) }

func hostileAllocations(size int) uint64 { return uint64(size/8 + 10_000) }

// The hostile files are what internal/parity/python/pth_hostile.py writes. They are a few megabytes, most of it zeros or one
// byte repeated, and so not part of the repository.
func TestHostileFilesAreRefusedAfterBoundedWork(t *testing.T) {
	dir := t.TempDir()
	python(t, "pth_hostile.py", dir)
	files, _ := filepath.Glob(filepath.Join(dir, "*.pth"))
	if len(files) < 150 {
		t.Fatalf("%d hostile files", len(files))
	}
	for _, path := range files {
		base := strings.TrimSuffix(path, ".pth")
		t.Run(filepath.Base(base), func(t *testing.T) {
			words, err := os.ReadFile(base + ".refused")
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			err = refuse(t, len(data), func() error {
				f, err := Open(path)
				if err == nil {
					f.Close()
				}
				return err
			})
			checkRefusal(t, path, err, strings.Split(strings.TrimSpace(string(words)), "\n"))
			if len(err.Error()) > 2000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
			// With WithOpaque more is read, but the bounds are the same for what is not.
			if err := refuse(t, len(data), func() error { _, err := Decode(data, WithOpaque()); return err }); err == nil && strings.Contains(base, "bomb") {
				t.Error("WithOpaque reads a bomb")
			}
		})
	}
}

// refuse runs read and checks that, if it fails, it failed within the bounds. What else the process does,
// such as a collection, allocates as well: the least of several runs counts.
func refuse(t *testing.T, size int, read func() error) error {
	t.Helper()
	var err error
	memory, allocations := uint64(1<<62), uint64(1<<62)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = read()
		runtime.ReadMemStats(&after)
		memory = min(memory, after.TotalAlloc-before.TotalAlloc)
		allocations = min(allocations, after.Mallocs-before.Mallocs)
		if err == nil {
			return nil
		}
		if memory < hostileMemory(size) && allocations < hostileAllocations(size) {
			break
		}
	}
	if memory > hostileMemory(size) || allocations > hostileAllocations(size) {
		t.Errorf("refusing %d bytes took %d bytes of memory in %d allocations, all in all: %v", size, memory, allocations, err)
	}
	return err
}

// A file that ends anywhere before its end is refused.
func TestTruncationAtEveryByte(t *testing.T) {
	for _, name := range []string{"state_dict", "legacy", "protocol4", "zip64", "descriptors", "fastai", "python2"} {
		data, err := os.ReadFile(filepath.Join(corpus, name+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range data {
			var e *Error
			if _, err := Decode(data[:n:n]); !errors.As(err, &e) {
				t.Fatalf("%s: the first %d of %d bytes give %v", name, n, len(data), err)
			}
		}
	}
}

// A byte that is changed is noticed, or lies where it changes nothing that is read.
func TestEveryChangedByteIsNoticed(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "tied.pth"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := describeJSON(t, f.Value())
	noticed := 0
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 0x41
		f, err := Decode(changed)
		if err != nil {
			noticed++
		} else if got := describeJSON(t, f.Value()); got != want {
			t.Fatalf("with byte %d changed, the file is read as something else: %s", i, got)
		}
	}
	t.Logf("%d of %d changed bytes make the file unreadable", noticed, len(data))
}

// SkipCRC reads a file without checksums, and one whose numbers are damaged, but not a damaged pickle.
func TestSkipCRC(t *testing.T) {
	want := describeJSON(t, open(t, filepath.Join(corpus, "state_dict.pth")).Value())
	if got := describeJSON(t, open(t, filepath.Join(corpus, "no_crc.pth"), SkipCRC()).Value()); got != want {
		compare(t, got, want)
	}
	data, err := os.ReadFile(filepath.Join(corpus, "state_dict.pth"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := torchzip.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, noticed := range parity.Sorted(map[string]bool{"data/0": false, "data.pkl": true}) {
		damaged := bytes.Clone(data)
		record := a.Records[name].Data
		damaged[bytes.Index(data, record)+len(record)-4] ^= 1 // one of its last bytes
		if _, err := Decode(damaged); err == nil || !strings.Contains(err.Error(), "CRC") {
			t.Errorf("%s is damaged: %v", name, err)
		}
		if _, err := Decode(damaged, SkipCRC()); noticed != (err != nil && strings.Contains(err.Error(), "CRC")) {
			t.Errorf("%s is damaged, with SkipCRC: %v", name, err)
		}
	}
}

// Expanded tensors of any size are views; only materialising one is refused.
func TestHugeViewsStayViews(t *testing.T) {
	f := open(t, filepath.Join(corpus, "views.pth"))
	huge, ok := Get[*Tensor](f.Value().(*Dict), "huge")
	if !ok || huge.Len() != 1e14 || len(huge.Storage.Data) != 4 {
		t.Fatalf("the expanded tensor is %v", huge)
	}
	err := refuse(t, 0, func() error { _, err := huge.Bytes(0); return err })
	if err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("materialising 400 TB: %v", err)
	}
	small, _ := Get[*Tensor](f.Value().(*Dict), "expanded")
	size, _ := os.Stat(filepath.Join(corpus, "views.pth"))
	if small.Limit() != 16*size.Size() {
		t.Errorf("the limit of a file of %d bytes is %d", size.Size(), small.Limit())
	}
	if b, err := small.Bytes(4e6); err != nil || len(b) != 4e6 {
		t.Errorf("a million elements with a limit of 4 MB: %d, %v", len(b), err)
	}
	if _, err := small.Bytes(4e6 - 1); err == nil {
		t.Error("a limit of a byte less isn't a limit")
	}
}

// treeMemory is how many bytes a byte of a valid pickle may cost at worst, as the package's documentation says.
const treeMemory = 250

// A valid tree takes memory in proportion to its pickle.
func TestMemoryIsInProportionToThePickle(t *testing.T) {
	const n = 200_000
	wrap := func(setUp, item string) []byte {
		return []byte("\x80\x04" + setUp + "(" + strings.Repeat(item, n) + "t\x86.")
	}
	for name, pickle := range parity.Sorted(map[string][]byte{
		"lists":    wrap("N", "]"),
		"dicts":    wrap("N", "}"),
		"sets":     wrap("N", "\x8f"),
		"tuples":   wrap("Nq\x00", "h\x00\x85"),
		"full":     wrap("Nq\x00", "]h\x00a"),
		"filled":   wrap("Nq\x00", "}h\x00h\x00s"),
		"members":  wrap("Nq\x00", "\x8f(h\x00\x90"),
		"memo":     wrap("N", "]\x94"),
		"ordered":  wrap("ccollections\nOrderedDict\nq\x00)R", "h\x00)R"),
		"numbers":  wrap("N", "M\xff\xff"),
		"big ints": wrap("N", "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01"),
		"encoded":  wrap("c_codecs\nencode\nq\x00X\x01\x00\x00\x00aX\x06\x00\x00\x00latin1\x86q\x01R", "h\x00h\x01R"),
	}) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := unpickle(pickle, len(pickle), nil, false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		ratio := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(pickle))
		t.Logf("%-8s %4.0f bytes for a byte of the pickle, all in all", name, ratio)
		if ratio > treeMemory {
			t.Errorf("%s: a byte of the pickle takes %.0f bytes", name, ratio)
		}
	}
}
