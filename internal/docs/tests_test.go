package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// clocks are the calls by which a test could compare what time something took; a deadline fails one that is slow.
var clocks = map[string]string{
	"time.Since": "compares wall time", "time.Until": "compares wall time",
	"context.WithTimeout": "has a deadline", "context.WithDeadline": "has a deadline",
}

// draws are the functions of math/rand that draw without a seed.
var draws = []string{"N", "Int", "IntN", "Int64", "Int64N", "Uint32", "Uint64", "Float32", "Float64", "NormFloat64", "ExpFloat64", "Perm", "Shuffle"}

// allowed are the tests that may do so, and why.
var allowed = map[string]string{
	"TestPredictorCancelAndClose": "a context that ends is what it tests; the model is held until then",
	"TestPredictorLetsGoOfBytes":  "contexts that end at any moment are what it tests; each result is right",
}

// Tests pass on a machine of any speed, under any load, and the same each time: they bound work and wait by
// parity.Until, draw from seeds, and range over cases by parity.Sorted.
func TestTestsHoldOnEveryMachine(t *testing.T) {
	for _, k := range draws {
		clocks["rand."+k] = "draws without a seed"
	}
	used := map[string]bool{}
	err := filepath.WalkDir(parity.Root(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || strings.HasPrefix(f.Name.Name, "Benchmark") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				why := ""
				switch n := n.(type) {
				case *ast.CallExpr:
					if call, ok := n.Fun.(*ast.SelectorExpr); ok {
						if pkg, ok := call.X.(*ast.Ident); ok {
							why = clocks[pkg.Name+"."+call.Sel.Name]
						}
					}
				case *ast.RangeStmt:
					if literal, ok := n.X.(*ast.CompositeLit); ok {
						if _, ok := literal.Type.(*ast.MapType); ok {
							why = "ranges over cases in no order"
						}
					}
				}
				if why != "" {
					if used[f.Name.Name] = true; allowed[f.Name.Name] == "" {
						t.Errorf("%s: %s %s", files.Position(n.Pos()), f.Name.Name, why)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range parity.Sorted(allowed) {
		if !used[name] {
			t.Errorf("%s is allowed what it doesn't do", name)
		}
	}
}
