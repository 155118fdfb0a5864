package docs

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each part of a block of Go, which "…" and blank lines divide, stands in a Go file of the
// repository where the tests run it, whatever its indentation and comments.
func TestGoInDocsRuns(t *testing.T) {
	var code [][]string
	for _, file := range goSources(t) {
		code = append(code, runs(t, file)...)
	}
	for _, b := range blocksIn(t, "go") {
		for _, part := range parts(b) {
			if !stands(code, part) {
				t.Errorf("%s: no Go file has these lines where a test runs them:\n\t%s", b.where, strings.Join(part, "\n\t"))
			}
		}
	}
}

// runs gives the lines of a Go file in pieces that its package's tests run: all of a
// package that has tests, but for examples without an output that no test calls: they are only
// compiled.
func runs(t *testing.T, path string) (pieces [][]string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, "_test.go") {
		tests, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*_test.go"))
		if err != nil || len(tests) == 0 {
			return nil
		}
		return [][]string{plainLines(string(source))}
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]bool{}
	for _, e := range doc.Examples(file) {
		outputs["Example"+e.Name] = e.Output != "" || e.EmptyOutput
	}
	from := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Example") && !outputs[f.Name.Name] &&
			!strings.Contains(string(source), "\n\t"+f.Name.Name+"()\n") {
			pieces = append(pieces, plainLines(string(source[from:files.Position(f.Pos()).Offset])))
			from = files.Position(f.End()).Offset
		}
	}
	return append(pieces, plainLines(string(source[from:])))
}

// parts are the lines of a block of Go between "…" and blank lines.
func parts(b fence) (all [][]string) {
	var part []string
	for _, l := range append(b.lines, line{}) {
		switch text := strings.TrimSpace(l.text); {
		case text != "" && text != "…":
			part = append(part, plainLines(text)...)
		case len(part) > 0:
			all = append(all, part)
			part = nil
		}
	}
	return all
}

// plainLines are lines without indentation, alignment, comments and blank ones.
func plainLines(source string) (lines []string) {
	for l := range strings.Lines(source) {
		l, _, _ = strings.Cut(" "+l, " //")
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// stands tells whether lines follow each other in a piece.
func stands(pieces [][]string, lines []string) bool {
	for _, piece := range pieces {
		for at := 0; at+len(lines) <= len(piece); at++ {
			if slices.Equal(piece[at:at+len(lines)], lines) {
				return true
			}
		}
	}
	return false
}

// What a program prints in a page is the output of an example.
func TestOutputInDocsIsPrinted(t *testing.T) {
	var comments [][]string
	for _, path := range goSources(t) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range doc.Examples(file) {
			comments = append(comments, plainLines(e.Output))
		}
	}
	for _, b := range blocksIn(t, "text") {
		for _, part := range parts(b) {
			if !stands(comments, part) {
				t.Errorf("%s: no example prints these lines:\n\t%s", b.where, strings.Join(part, "\n\t"))
			}
		}
	}
}

// Python in a page is a file of internal/parity/python, which tests run, or on one of the two pages
// whose Python TestCheckpointsPage of package fastlearn runs.
func TestPythonInDocsRuns(t *testing.T) {
	files, err := filepath.Glob(root + "/internal/parity/python/*.py")
	if err != nil {
		t.Fatal(err)
	}
	sources := read(t, files)
	for _, b := range blocksIn(t, "python") {
		var text strings.Builder
		for _, l := range b.lines {
			text.WriteString(l.text + "\n")
		}
		page, _, _ := strings.Cut(filepath.Base(b.where), ":")
		if page != "checkpoints.md" && !strings.Contains(sources, text.String()) {
			t.Errorf("%s: this isn't a file of internal/parity/python", b.where)
		}
	}
}
