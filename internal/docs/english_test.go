package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Three habits that a translator has and an engineer hasn't, with what to write instead.
var habits = []struct {
	pattern *regexp.Regexp
	instead string
	right   []string // what the pattern finds and may stay
}{
	{regexp.MustCompile(`\bone's own\b`), `"your own", "custom"`, nil},
	{regexp.MustCompile(`[,:] [^,.;:()]+ without it[.;]`), `"The default is …"`, nil},
	{regexp.MustCompile(`\b(\w+ )?(is|are) no [a-z]+`), `"isn't a", "aren't"`, []string{
		"here is no", "here are no", "is no longer", "is no more", "is no less", "is no use", "is no need", "is no reason", "is no further", "is no way", "is no trace", "is no answer",
	}},
}

// Comments, messages and pages read as an engineer writes.
func TestEnglish(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && (d.Name() == ".git" || d.Name() == "build" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return err
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".md" || d.Name() == "english_test.go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			for _, h := range habits {
			found:
				for _, m := range h.pattern.FindAllString(line, -1) {
					for _, right := range h.right {
						if strings.Contains(m, right) {
							continue found
						}
					}
					t.Errorf("%s:%d: %q: write %s", strings.TrimPrefix(path, root+"/"), number, m, h.instead)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
