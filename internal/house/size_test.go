package house

import (
	"go/ast"
	"path/filepath"
	"slices"
	"testing"
)

// Files stay short: one idea each.
func TestFilesAreShort(t *testing.T) {
	const source, median, test = 280, 100, 400
	var all []int
	for _, p := range packages(t) {
		for _, name := range p.sources() {
			n := lines(t, filepath.Join(p.Dir, name))
			if all = append(all, n); n > source {
				t.Errorf("%s/%s has %d lines: want at most %d", p.dir, name, n, source)
			}
		}
		for _, name := range p.tests() {
			if n := lines(t, filepath.Join(p.Dir, name)); n > test && name != "registry_test.go" { // which is written by a program
				t.Errorf("%s/%s has %d lines: want at most %d", p.dir, name, n, test)
			}
		}
	}
	slices.Sort(all)
	if n := all[len(all)/2]; n > median {
		t.Errorf("half of the files have more than %d lines: want at most %d", n, median)
	}
}

// The core is small enough to be known by heart.
func TestCoreIsSmall(t *testing.T) {
	const files, names, methods, learner = 45, 130, 25, 40
	for _, p := range packages(t) {
		if p.dir != "fastlearn" {
			continue
		}
		if n := len(p.sources()); n > files {
			t.Errorf("fastlearn has %d files: want at most %d", n, files)
		}
		exported, of := 0, map[string]int{}
		for _, f := range p.parse(t) {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.IsExported() {
						exported++
					} else if d.Recv != nil && d.Name.IsExported() {
						of[receiver(d)]++
					}
				case *ast.GenDecl:
					for _, s := range d.Specs {
						for _, name := range declared(s) {
							if s, ok := s.(*ast.TypeSpec); ast.IsExported(name) && !(ok && s.Assign.IsValid()) {
								exported++
							}
						}
					}
				}
			}
		}
		if exported > names {
			t.Errorf("fastlearn exports %d names: want at most %d", exported, names)
		}
		for name, n := range of {
			if most := map[bool]int{true: learner, false: methods}[name == "Learner"]; n > most && ast.IsExported(name) {
				t.Errorf("fastlearn.%s has %d exported methods: want at most %d", name, n, most)
			}
		}
	}
}
