package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/dtype"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// corpus is the files that internal/parity/python/safetensors_corpus.py writes with the Python library 0.8:
//
//	python internal/parity/python/safetensors_corpus.py torch/safetensors/testdata/python
const corpus = "testdata/python"

func TestReadsWhatPythonWrote(t *testing.T) { checkCorpus(t, corpus) }

// The corpus is part of the repository, so that it can be read where there is no Python. Where there
// is, it is written anew.
func TestReadsWhatPythonWritesNow(t *testing.T) {
	dir := t.TempDir()
	python(t, "safetensors_corpus.py", dir)
	checkCorpus(t, dir)
}

// Each file is read as what Python finds in it, and written again it is the same to the last byte.
func checkCorpus(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(files) < 8 {
		t.Fatalf("the corpus %s has %d files: %v", dir, len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f := open(t, path)
			want, err := os.ReadFile(strings.TrimSuffix(path, ".safetensors") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			sameDescription(t, describe(t, f.StateDict(), f.Metadata), want)
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var again bytes.Buffer
			if err := Write(&again, f.StateDict(), Metadata(f.Metadata)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.Bytes(), old) {
				t.Errorf("written again:\n got %q\nwant %q", again.Bytes()[:min(again.Len(), 600)], old[:min(len(old), 600)])
			}
		})
	}
}

// What is written, views and tied weights of a .pth file too, Python reads as what it was.
func TestPythonReadsWhatIsWritten(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	var want [][]byte
	add := func(name string, state *pth.Dict, metadata map[string]string) {
		path := filepath.Join(dir, name+".safetensors")
		if err := WriteFile(path, state, Metadata(metadata), NoSync()); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		f := open(t, path) // for the order
		ordered := pth.NewOrderedDict()
		for k := range f.StateDict().All() {
			v, _ := state.Get(k)
			ordered.Set(k, v)
		}
		want = append(want, describe(t, ordered, metadata))
	}
	for _, name := range []string{"state_dict", "tied", "views", "legacy4"} {
		f, err := pth.Open(filepath.Join("..", "pth", "testdata", "python", name+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		state, ok := f.Value().(*pth.Dict)
		if !ok {
			t.Fatalf("%s holds a %T", name, f.Value())
		}
		if name == "views" {
			var out bytes.Buffer
			if err := Write(&out, state); err == nil || !strings.Contains(err.Error(), `"expanded"`) || out.Len() > 0 {
				t.Errorf("a tensor of a million elements over one: %v, and %d bytes written", err, out.Len())
			}
			state = without(state, "expanded", "huge")
		}
		add(name, state, map[string]string{"format": "pt", "from": name})
	}
	state := pth.NewDict()
	for _, d := range dtype.All {
		if d.Safetensors == "" {
			continue
		}
		data := make([]byte, 6*d.Size)
		for i := range data {
			data[i] = byte(i*37 + 1)
			if pth.DType(d.Code) == pth.Bool {
				data[i] &= 1
			}
		}
		state.Set("all."+d.Safetensors, pth.NewTensor(pth.DType(d.Code), []int64{2, 3}, data))
		if d.Safetensors != "F4" { // two of which are a byte
			state.Set("scalar."+d.Safetensors, pth.NewTensor(pth.DType(d.Code), nil, data[:d.Size]))
		}
		state.Set("empty."+d.Safetensors, pth.NewTensor(pth.DType(d.Code), []int64{3, 0}, nil))
	}
	add("dtypes", state, nil)
	lines := strings.Split(strings.TrimSpace(string(python(t, "safetensors_check.py", paths...))), "\n")
	if len(lines) != len(paths) {
		t.Fatalf("%d answers for %d files", len(lines), len(paths))
	}
	for i, line := range lines {
		t.Run(filepath.Base(paths[i]), func(t *testing.T) { sameDescription(t, want[i], []byte(line)) })
	}
}

func without(state *pth.Dict, keys ...any) *pth.Dict {
	out := pth.NewOrderedDict()
	for k, v := range state.All() {
		if !slices.Contains(keys, k) {
			out.Set(k, v)
		}
	}
	return out
}

// describe describes tensors as safetensors_check.py does.
func describe(t testing.TB, state *pth.Dict, metadata map[string]string) []byte {
	t.Helper()
	tensors := [][4]any{}
	for k, v := range state.All() {
		x := v.(*pth.Tensor)
		data, err := x.Bytes(0)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		tensors = append(tensors, [4]any{k, x.DType.String(), append([]int64{}, x.Shape...), hex.EncodeToString(sum[:8])})
	}
	out, err := json.Marshal(map[string]any{"metadata": metadata, "tensors": tensors})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameDescription compares two descriptions. Python has empty tensors, which begin where another one does, in
// an order that changes from run to run: they are compared by name.
func sameDescription(t *testing.T, got, want []byte) {
	t.Helper()
	var texts [2]string
	for i, from := range [][]byte{got, want} {
		var d struct {
			Error    string
			Metadata map[string]string
			Tensors  [][4]any
		}
		if err := json.Unmarshal(from, &d); err != nil || d.Error != "" {
			t.Fatalf("%v in %s", err, from)
		}
		slices.SortStableFunc(d.Tensors, func(a, b [4]any) int {
			emptyA, emptyB := slices.Contains(a[2].([]any), 0.), slices.Contains(b[2].([]any), 0.)
			switch {
			case emptyA && emptyB:
				return strings.Compare(a[0].(string), b[0].(string))
			case emptyA:
				return 1
			case emptyB:
				return -1
			}
			return 0
		})
		texts[i] = fmt.Sprint(d)
	}
	if texts[0] != texts[1] {
		t.Errorf("\n got %s\nwant %s", texts[0], texts[1])
	}
}

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// python runs a program of internal/parity/python.
func python(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(parity.Interpreter(t), append([]string{filepath.Join(parity.Root(), "internal", "parity", "python", program)}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stderr = &strings.Builder{}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, cmd.Stderr)
	}
	return out
}
