// Package docs holds README and docs to the code: every block of Go in them stands in a Go
// file of the repository, where it is compiled and run by that file's tests.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// block is a block of Go in a page, its lines without indentation, comments and blank lines,
// in the parts that "…" and blank lines leave.
type block struct {
	where string
	parts [][]string
}

func TestGoInDocsIsCompiled(t *testing.T) {
	code := goFiles(t)
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range append(pages, root+"/README.md") {
		for _, b := range blocks(t, page) {
			n++
			for _, part := range b.parts {
				if !stands(code, part) {
					t.Errorf("%s: no Go file has these lines:\n\t%s", b.where, strings.Join(part, "\n\t"))
				}
			}
		}
	}
	if n == 0 {
		t.Error("there is no Go in the docs")
	}
}

// stands tells whether lines follow each other in a file.
func stands(code [][]string, lines []string) bool {
	for _, file := range code {
		for at := 0; at+len(lines) <= len(file); at++ {
			same := true
			for i, l := range lines {
				if same = file[at+i] == l; !same {
					break
				}
			}
			if same {
				return true
			}
		}
	}
	return false
}

// plain is a line without indentation, alignment and comment.
func plain(line string) string {
	line, _, _ = strings.Cut(" "+line, " //")
	return strings.Join(strings.Fields(line), " ")
}

func goFiles(t *testing.T) (code [][]string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		data, err := os.ReadFile(path)
		var lines []string
		for l := range strings.Lines(string(data)) {
			if l = plain(l); l != "" {
				lines = append(lines, l)
			}
		}
		code = append(code, lines)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func blocks(t *testing.T, page string) (all []block) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var b *block
	var part []string
	end := func() {
		if len(part) > 0 {
			b.parts = append(b.parts, part)
		}
		part = nil
	}
	n := 0
	for l := range strings.Lines(string(data)) {
		n++
		l = strings.TrimRight(l, "\n")
		switch {
		case b == nil && l == "```go":
			b = &block{where: fmt.Sprintf("%s:%d", page, n)}
		case b == nil:
		case l == "```":
			end()
			all = append(all, *b)
			b = nil
		case strings.TrimSpace(l) == "" || strings.TrimSpace(l) == "…":
			end()
		default:
			if l = plain(l); l != "" {
				part = append(part, l)
			}
		}
	}
	if b != nil {
		t.Errorf("%s is never closed", b.where)
	}
	return all
}
