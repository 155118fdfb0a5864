package pth

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// Read and written again, PyTorch's own files are the same to the last byte, but for the serialization id, which
// is a hash that only PyTorch's own C++ library computes, and its CRC.
func TestWritesByteForByteWhatTorchWrites(t *testing.T) {
	for _, name := range []string{"state_dict", "parameters", "dtypes", "tied", "views", "lightning", "fastai_model", "for21"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(corpus, name+".pth")
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := open(t, path)
			var got bytes.Buffer
			if err := Write(&got, f.Value(), Archive(f.Archive)); err != nil {
				t.Fatal(err)
			}
			blank := func(b []byte) string {
				a, err := torchzip.Open(b)
				if err != nil {
					t.Fatal(err)
				}
				id := a.Records[".data/serialization_id"]
				out := bytes.Clone(b)
				i := bytes.Index(out, id.Data)
				clear(out[i : i+len(id.Data)+16]) // and its descriptor
				out = bytes.ReplaceAll(out, le.AppendUint32(nil, id.CRC), []byte("crc."))
				return string(out)
			}
			if blank(got.Bytes()) != blank(want) {
				compare(t, blank(got.Bytes()), blank(want))
			}
		})
	}
}

// Storages go into the file from where they are.
func TestNoSecondCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	w := NewTensor(Uint8, []int64{64 << 20}, make([]byte, 64<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := WriteFile(path, w, NoSync()); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("writing 64 MB took %d bytes of memory", took)
	}
}

// Everything that can be written is read in Python, by torch.load(weights_only=True) in full and
// with mmap=True, as what it was.
func TestPythonReadsWhatIsWritten(t *testing.T) {
	dir := t.TempDir()
	names := []string{"state_dict", "parameters", "dtypes", "values", "views", "tied", "lightning", "fastai", "fastai_model", "L", "legacy", "storages_legacy",
		"storages", "python2", "zip64", "protocol5"}
	var paths, want []string
	for _, name := range names {
		f := open(t, filepath.Join(corpus, name+".pth"))
		v := f.Value()
		if name == "protocol5" {
			v, _ = v.(*Dict).Get("values")
		}
		path := filepath.Join(dir, name+".pth")
		if err := WriteFile(path, v, NoSync()); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		want = append(want, describeJSON(t, plain(v)))
	}
	odd := filepath.Join(dir, "Blüten.2.pth") // a name that PyTorch's writer does not put into the file
	if err := WriteFile(odd, map[string]any{"b": []any{1, 2.5, float32(0.5), []int64{1}, []float64{2}, []string{"s"}}, "a": uint64(1 << 63)}); err != nil {
		t.Fatal(err)
	}
	paths = append(paths, odd)
	want = append(want, canonical(t, json.RawMessage(`{"dict": [["a", {"int": "9223372036854775808"}],
		["b", {"list": [1, {"float": "4004000000000000"}, {"float": "3fe0000000000000"}, {"list": [1]}, {"list": [{"float": "4000000000000000"}]}, {"list": ["s"]}]}]]}`)))
	lines := strings.Split(strings.TrimSpace(string(python(t, "pth_check.py", paths...))), "\n")
	if len(lines) != len(paths) {
		t.Fatalf("%d answers for %d files", len(lines), len(paths))
	}
	for i, line := range lines {
		t.Run(filepath.Base(paths[i]), func(t *testing.T) { compare(t, canonical(t, json.RawMessage(line)), want[i]) })
	}
}

// plain is a tree as it looks after writing, which turns some classes into simpler ones.
func plain(v any) any {
	switch v := v.(type) {
	case *Dict:
		out := &Dict{Kind: v.Kind, Attrs: v.Attrs}
		if v.Kind == DefaultDict || v.Kind == Namespace {
			out.Kind = PlainDict
		}
		for k, item := range v.All() {
			out.Set(k, plain(item))
		}
		return out
	case *List:
		out := &List{}
		for _, item := range v.Items {
			out.Items = append(out.Items, plain(item))
		}
		return out
	case Scalar:
		return v.Value
	}
	return v
}

func open(t testing.TB, path string, opts ...Option) *File {
	t.Helper()
	f, err := Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
