package pth

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// What isn't a file of PyTorch's is named, with what to do.
func TestOtherFilesAreNamed(t *testing.T) {
	archive := func(names ...string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range names {
			if _, err := w.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	tarred := func(name string) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: name}), w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, c := range parity.Sorted(map[string]struct{ data, want string }{
		"gzip":                 {"\x1f\x8b\x08", "gzip"},
		"html":                 {"<!DOCTYPE html><html>", "web page"},
		"index":                {`{"weight_map": {}}`, "shards"},
		"PyTorch 0.1":          {tarred("sys_info"), "PyTorch 0.1"},
		"other tar":            {tarred("./weights/model.pth"), "unpack it first"},
		"zipped weights":       {archive("model.pth"), "unpack it first"},
		"zipped in a folder":   {archive("run/best.ckpt"), "unpack it first"},
		"npz":                  {archive("a.npy"), "numpy.savez"},
		"protocol 0":           {"(dp0\nVw\np1\nI1\ns.", "plain pickle"},
		"protocol 0, a class":  {"ccollections\nOrderedDict\np0\n(tR.", "plain pickle"},
		"protocol 1":           {"}q\x00X\x01\x00\x00\x00wK\x01s.", "plain pickle"},
		"protocol 2":           {"\x80\x02}.", "plain pickle"},
		"torch.save, protocol": {"L119547037146038801333356L\n.", "protocol 0 or 1"},
		"something":            {"cat", "isn't a PyTorch file"},
	}) {
		if _, err := Decode([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q in the error: %v", name, c.want, err)
		}
	}
}

// Folders of sharded checkpoints, and the files in them, are named with the function that makes one file of them.
func TestFoldersOfShardsAreNamed(t *testing.T) {
	for name, c := range parity.Sorted(map[string]struct {
		files []string
		open  string
		want  string
	}{
		"DCP":            {[]string{".metadata", "__0_0.distcp", "__1_0.distcp"}, "", "dcp_to_torch_save"},
		"a shard of DCP": {[]string{".metadata", "__0_0.distcp"}, "__0_0.distcp", "dcp_to_torch_save"},
		"DCP's metadata": {[]string{".metadata", "__0_0.distcp"}, ".metadata", "dcp_to_torch_save"},
		"Hugging Face's": {[]string{"model.safetensors.index.json", "model-00001-of-00002.safetensors"}, "", "one by one"},
		"files":          {[]string{"best.pth"}, "", "open one of them"},
		"nothing":        {nil, "", "directory"},
		"[0]":            {[]string{"__0_0.distcp"}, "", "dcp_to_torch_save"},
	}) {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, file := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("PK\x03\x04"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, c.open)
		for _, open := range []func(string, ...Option) (*File, error){Open, OpenMapped} {
			var e *Error
			if _, err := open(path); !errors.As(err, &e) || e.Path != path || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: want %q in the error: %v", name, c.want, err)
			}
		}
	}
}
