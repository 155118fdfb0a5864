package fastlearn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// One rule names what Save, Load, SaveBody, Export, predictor.Load, Checkpoint and Weights write and read.
func TestFileNames(t *testing.T) {
	for _, c := range []struct{ name, pth, safetensors, fault string }{
		{"flowers", "D/flowers.pth", "D/flowers.safetensors", ""},
		{"flowers.pth", "D/flowers.pth", "D/flowers.pth", ""},
		{"flowers.PTH", "D/flowers.PTH", "D/flowers.PTH", ""},
		{"x.safetensors", "D/x.safetensors", "D/x.safetensors", ""},
		{"x.SafeTensors", "D/x.SafeTensors", "D/x.SafeTensors", ""},
		{"flowers.v1.5", "D/flowers.v1.5.pth", "D/flowers.v1.5.safetensors", ""},
		{"flowers.pth.bak", "D/flowers.pth.bak.pth", "D/flowers.pth.bak.safetensors", ""},
		{"flowers.", "D/flowers..pth", "D/flowers..safetensors", ""},
		{".hidden", "D/.hidden.pth", "D/.hidden.safetensors", ""},
		{"dir/flowers", "D/dir/flowers.pth", "D/dir/flowers.safetensors", ""},
		{"dir.v2/flowers", "D/dir.v2/flowers.pth", "D/dir.v2/flowers.safetensors", ""},
		{"../flowers", "flowers.pth", "flowers.safetensors", ""},
		{"/abs/x", "/abs/x.pth", "/abs/x.safetensors", ""},
		{"ünï\xff 🌸", "D/ünï\xff 🌸.pth", "D/ünï\xff 🌸.safetensors", ""},
		{"", "", "", "empty"},
		{".", "", "", "directory"},
		{"..", "", "", "directory"},
		{"dir/", "", "", "directory"},
		{"dir/.", "", "", "directory"},
		{"/", "", "", "directory"},
		{".pth", "", "", "extension alone"},
		{"dir/.safetensors", "", "", "extension alone"},
		{"a\x00b", "", "", "zero byte"},
	} {
		for ext, want := range parity.Sorted(map[string]string{files.PTH: c.pth, files.Safetensors: c.safetensors}) {
			got, err := files.Name("D", c.name, ext)
			if got != want || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q with %s is %q, %v; want %q", c.name, ext, got, err, want)
			}
		}
	}
}

// What is written under a name is read under it, and under the path that was returned; a name that can't be one is
// refused by all, and nothing is written.
func TestNamesGoThere(t *testing.T) {
	paths := fixture.ColourFolders(t, 4, "blue", "red")
	learn := finiteLearner(t, nil, paths)
	t.Chdir(learn.Path)
	for _, name := range []string{"flowers", "flowers.v1.5", "upper.PTH", "deep/er/flowers", filepath.Join(t.TempDir(), "abs"), "x.SafeTensors", "y.safetensors"} {
		path, err := learn.Save(name, fastlearn.WithoutOpt())
		if err != nil {
			t.Errorf("Save(%q): %v", name, err)
			continue
		}
		full, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, read := range []string{name, full} {
			if err := learn.Load(read); err != nil {
				t.Errorf("Save(%q), Load(%q): %v", name, read, err)
			}
		}
		path, err = learn.Export(name)
		if files.HasExt(name, files.PTH) {
			if err == nil || !strings.Contains(err.Error(), "safetensors") {
				t.Errorf("Export(%q) wrote %s, %v", name, path, err)
			}
			continue
		}
		if err != nil || !files.HasExt(path, files.Safetensors) {
			t.Errorf("Export(%q): %s, %v", name, path, err)
		}
		for _, read := range []string{name, path} {
			p, err := predictor.Load(read)
			if err != nil {
				t.Errorf("Export(%q), predictor.Load(%q): %v", name, read, err)
				continue
			}
			p.Close()
		}
	}
	before := dirNames(t, learn.Path)
	for _, name := range []string{"", ".", "..", "dir/", ".pth", "a\x00b"} {
		_, saved := learn.Save(name, fastlearn.WithoutOpt())
		_, exported := learn.Export(name)
		p, loaded := predictor.Load(name)
		if loaded == nil {
			p.Close()
		}
		for what, err := range parity.Sorted(map[string]error{"Save": saved, "Export": exported, "Load": learn.Load(name), "predictor.Load": loaded,
			"Checkpoint": learn.AddCallbacks(fastlearn.Checkpoint(name, 0)), "SaveModel": learn.AddCallbacks(callback.SaveModel(callback.FName(name)))}) {
			if err == nil && !(what == "SaveModel" && name == "") {
				t.Errorf("%s(%q) is accepted", what, name)
			}
		}
	}
	if after := dirNames(t, learn.Path); after != before {
		t.Errorf("the directory holds %s, and held %s", after, before)
	}
	// A file of another name is read by that name where there is no other.
	path, err := learn.Export("flowers")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(learn.Path, "upload-17")); err != nil {
		t.Fatal(err)
	}
	p, err := predictor.Load("upload-17")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := predictor.Load("nofile"); err == nil || !strings.Contains(err.Error(), "nofile.safetensors: no such file") {
		t.Errorf("a file that isn't there: %v", err)
	}
}

func dirNames(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
