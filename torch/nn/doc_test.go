package nn_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// The package comment lists every function and type, but for options and results that their makers stand for.
func TestPackageCommentListsEverything(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(fset, e.Name(), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	p, err := doc.NewFromFiles(fset, files, "nn")
	if err != nil {
		t.Fatal(err)
	}
	listed := func(name string) bool { return strings.Contains(p.Doc, "["+name+"]") }
	for _, f := range p.Funcs {
		if !listed(f.Name) {
			t.Errorf("the package comment doesn't list %s", f.Name)
		}
	}
	for _, typ := range p.Types {
		made := listed(typ.Name)
		for _, f := range typ.Funcs {
			made = made || listed(f.Name)
		}
		if !made && typ.Name != "AttendOptions" && typ.Name != "Mode" { // of a method, of KaimingNormal_
			t.Errorf("the package comment lists neither %s nor what makes one", typ.Name)
		}
	}
}
