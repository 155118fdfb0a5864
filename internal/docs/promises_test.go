package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/promises.md names exists in the package that it names.
func TestPromisesHaveTests(t *testing.T) {
	n := 0
	for _, l := range readPage(t, root+"/docs/promises.md") {
		cells := strings.Split(strings.Trim(l.text, "| "), " | ")
		if !strings.HasPrefix(l.text, "|") || strings.HasPrefix(cells[0], "---") || cells[0] == "promise" {
			continue
		}
		if len(cells) != 2 {
			t.Errorf("%s: %d cells, want a promise and its tests", l.where, len(cells))
			continue
		}
		n++
		for group := range strings.SplitSeq(cells[1], "; ") {
			dir, names, ok := strings.Cut(group, ": ")
			if !ok {
				t.Errorf("%s: %q is not of the form \"package: TestName, TestName\"", l.where, group)
				continue
			}
			source := tests(t, dir)
			for name := range strings.SplitSeq(names, ", ") {
				if !regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\(`).MatchString(source) {
					t.Errorf("%s: package %s has no test %s", l.where, dir, name)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no promise found")
	}
}

// tests returns the source of a package's tests.
func tests(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}
