package fastlearn_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// namedClasses exports a learner of small pictures whose classes have these names.
func namedClasses(t *testing.T, names []string) (learn *fastlearn.Learner, file string) {
	t.Helper()
	files := fixture.ColourFolders(t, len(names), "blue", "red")
	block := fixture.ColourBlock()
	block.GetY = func(path string) (string, error) { return names[slices.Index(files, path)%len(names)], nil }
	block.Y = data.CategoryBlock{Vocab: names}
	block.ItemTfms, block.BatchTfms = vision.Item(vision.Resize(16)), vision.BatchTransforms{}
	dls, err := block.DataLoaders(files, data.BatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	model := nn.NewSequential(&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(3, int64(len(names))))
	if learn, err = fastlearn.NewLearner(dls, model, fastlearn.Logger(nil), fastlearn.Path(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	if file, err = learn.Export("model"); err != nil {
		t.Fatal(err)
	}
	return learn, file
}

// oddNames are names of classes as folders can have them, and as tables can.
var oddNames = []string{
	"plain", "<script>alert(1)</script>", `"quoted" \ & 'so'`, "new\nline\r\n", "nul\x00", "tab\t\x7f\x01", "🌸🏳️‍🌈", "Ängelröschen",
	"A\u0308ngelro\u0308schen", "\xff\xfe", "caf\xe9", "half \xf0\x9f\x8c", "\xed\xa0\xbd\xed\xb2\x80", `\udcff`, "\ufffd", "a\u2028\u2029b", "\ufeffbom", "שלום",
	strings.Repeat("long ", 2000),
}

// Classes come out of a file with the bytes they went in with, in Go, and in Python as its own os.listdir has them.
func TestClassNamesByteForByte(t *testing.T) {
	learn, file := namedClasses(t, oddNames)
	p, err := predictor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i, name := range p.Vocab() {
		if i >= len(oddNames) || name != learn.DLs.Vocab[i] || !slices.Contains(oddNames, name) {
			t.Errorf("class %d is %.40q, want %.40q", i, name, learn.DLs.Vocab[i])
		}
	}
	program := `import json, os, sys
from safetensors import safe_open
with safe_open(sys.argv[1], "pt") as f:
    about = json.loads(f.metadata()["fastlearn"])
print(json.dumps([os.fsencode(w).hex() if not any(0xD800 <= ord(c) < 0xDC80 for c in w) else w for w in about["vocab"]]))`
	out, err := exec.Command(parity.Interpreter(t), "-c", program, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var inPython []string
	if err := json.Unmarshal(out, &inPython); err != nil || len(inPython) != len(oddNames) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, got := range inPython {
		if want := fmt.Sprintf("%x", learn.DLs.Vocab[i]); got != want {
			t.Errorf("class %d in Python is %.40s, want %.40s", i, got, want)
		}
	}
}

// What Python writes for the same names, with other escapes, is read as well; what isn't text isn't.
func TestNamesOfOthers(t *testing.T) {
	for text, want := range parity.Sorted(map[string]string{
		`"\ud83c\udf38"`: "🌸", `"\udc80\u00e9\/\""`: "\x80é/\"", `"\ud83dx"`: "\ufffdx", `"\\udcff"`: `\udcff`, `"é\n"`: "é\n", `null`: "", `3`: "", `["a"]`: "",
	}) {
		var n exportfile.Name
		if err := json.Unmarshal([]byte(text), &n); string(n) != want || (err != nil) != (text[0] != '"') {
			t.Errorf("%s is read as %q, %v", text, n, err)
		}
	}
}

// Any one bit of an exported file is refused when it is flipped: of the header's length, the description, the padding, each
// tensor's bytes. So are several bits of the header.
func TestFlippedBitsOfAnExportAreRefused(t *testing.T) {
	_, file := namedClasses(t, []string{"blue", "red"})
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bad.safetensors")
	try := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if p, err := predictor.Load(path); err == nil {
			p.Close()
			t.Errorf("%s: the file is loaded", what)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error doesn't name the file: %v", what, err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		try(fmt.Sprint("byte ", i), bad)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	header := 8 + int(binary.LittleEndian.Uint64(good))
	for i := range 300 {
		bad := bytes.Clone(good)
		for range 2 + i%4 {
			bad[rng.IntN(header)] ^= 1 << rng.IntN(8)
		}
		if !bytes.Equal(bad, good) {
			try(fmt.Sprint("several bits ", i), bad)
		}
	}
}
