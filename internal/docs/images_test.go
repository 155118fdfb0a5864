package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every picture of docs/img is made by a command (make docs-img) and shown on a page, and all of them stay small.
func TestPictures(t *testing.T) {
	const most = 1_500_000
	var program []byte
	sources, err := filepath.Glob(root + "/scripts/docsimg/*.go")
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		program = append(program, text...)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(root + "/docs/img/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	total := int64(0)
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		name := filepath.Base(file)
		if !strings.Contains(string(program), `"`+strings.TrimSuffix(name, ".png")+`"`) {
			t.Errorf("%s isn't made by scripts/docsimg", name)
		}
		shown := false
		for _, page := range pages(t) {
			for _, l := range page {
				shown = shown || strings.Contains(l.text, "img/"+name)
			}
		}
		if !shown {
			t.Errorf("no page shows %s", name)
		}
	}
	if total > most {
		t.Errorf("docs/img has %d bytes: want at most %d", total, most)
	}
}
