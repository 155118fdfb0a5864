package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

const pthCorpus, stCorpus = "../pth/testdata/python", "../safetensors/testdata/python"

// The content tells what a file is, whatever its name.
func TestRecognises(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		source string
		format pth.Format
		kind   pth.CheckpointKind
		prefix string
	}{
		{pthCorpus + "/state_dict.pth", pth.Zip, pth.BareStateDict, ""},
		{pthCorpus + "/legacy4.pth", pth.Legacy, pth.BareStateDict, ""},
		{pthCorpus + "/fastai.pth", pth.Zip, pth.FastaiCheckpoint, ""},
		{pthCorpus + "/lightning.pth", pth.Zip, pth.NestedStateDict, "model."},
		{stCorpus + "/net.safetensors", Safetensors, pth.BareStateDict, ""},
		{stCorpus + "/none.safetensors", Safetensors, pth.BareStateDict, ""},
	} {
		for _, name := range []string{filepath.Base(c.source), "x", "x.pth", "x.safetensors"} {
			data, err := os.ReadFile(c.source)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			found, err := f.StateDict()
			if err != nil || f.Format != c.format || found.Kind != c.kind || found.Prefix != c.prefix {
				t.Errorf("%s as %s: format %s, kind %s, prefix %q: %v", c.source, name, f.Format, found.Kind, found.Prefix, err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// What isn't a file of weights is named by the package that its name points to.
func TestOthers(t *testing.T) {
	dir := t.TempDir()
	for name, word := range parity.Sorted(map[string]string{"x.safetensors": "safetensors: ", "x.pth": "pth: ", "short.safetensors": "3 bytes", "short.pth": "pth: "}) {
		content := "none of all that"
		if strings.HasPrefix(name, "short") {
			content = "{}x"
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Open(filepath.Join(dir, "absent"+name)); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
}

// A state_dict goes through both kinds unchanged.
func TestWriteFile(t *testing.T) {
	source, err := Open(pthCorpus + "/state_dict.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	state := source.Value().(*pth.Dict)
	for _, name := range []string{"x.pth", "x.safetensors", "x.SAFETENSORS", "x"} {
		path := filepath.Join(t.TempDir(), name)
		if err := WriteFile(path, state, NoSync()); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want := pth.Zip
		if strings.EqualFold(filepath.Ext(name), ".safetensors") {
			want = Safetensors
			if f.Metadata["format"] != "pt" {
				t.Errorf("metadata %v", f.Metadata)
			}
		}
		found, err := f.StateDict()
		if err != nil || f.Format != want || found.Dict.Len() != state.Len() {
			t.Fatalf("%s: %s with %d tensors: %v", name, f.Format, found.Dict.Len(), err)
		}
		for k, v := range state.All() {
			x, err1 := v.(*pth.Tensor).Bytes(0)
			y, _ := pth.Get[*pth.Tensor](found.Dict, k)
			got, err2 := y.Bytes(0)
			if err1 != nil || err2 != nil || !bytes.Equal(got, x) {
				t.Errorf("%s: %v changed: %v %v", name, k, err1, err2)
			}
		}
	}
	var e *safetensors.Error
	bad := pth.NewDict()
	bad.Set("x", int64(1))
	if err := WriteFile(filepath.Join(t.TempDir(), "x.safetensors"), bad); !errors.As(err, &e) {
		t.Error(err)
	}
}
