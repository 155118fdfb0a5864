// Package house holds the module to its plan: who may import whom, how long files are, and that what is exported is
// described.
package house

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const module = "github.com/fastlearn-go/fastlearn/"

// pkg is a package of the module.
type pkg struct {
	ImportPath, Dir                   string
	Imports                           []string
	GoFiles, CgoFiles, IgnoredGoFiles []string
	TestGoFiles, XTestGoFiles         []string

	dir  string // relative to the root
	fset *token.FileSet
}

// packages lists the module's packages, but for examples and scripts, which nobody imports.
func packages(t *testing.T) (all []*pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=Imports,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,ImportPath,Dir", "./...")
	cmd.Dir, cmd.Stderr = parity.Root(), os.Stderr
	listed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(listed)); d.More(); {
		p := &pkg{fset: token.NewFileSet()}
		if err := d.Decode(p); err != nil {
			t.Fatal(err)
		}
		p.dir = strings.TrimPrefix(p.ImportPath, module)
		if top, _, _ := strings.Cut(p.dir, "/"); top != "examples" && top != "scripts" {
			all = append(all, p)
		}
	}
	return all
}

// sources are the names of a package's files that aren't tests.
func (p *pkg) sources() []string {
	return slices.Sorted(slices.Values(slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles)))
}

func (p *pkg) tests() []string { return slices.Concat(p.TestGoFiles, p.XTestGoFiles) }

// parse reads the package's sources.
func (p *pkg) parse(t *testing.T) (files []*ast.File) {
	t.Helper()
	for _, name := range p.sources() {
		f, err := parser.ParseFile(p.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func lines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}
