package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// countsAlone are tests that count tensors while the collector runs, and why.
var countsAlone = map[string]string{
	"TestForgottenScopeIsCollected": "the collector is what it tests",
	"TestLoaderMemoryIsFlat":        "Go's heap must stay small",
	"TestDecodingIsFlat":            "Go's heap must stay small",
	"TestPredictorMemoryIsFlat":     "Go's heap must stay small",
	"TestCUDAMemoryIsFlat":          "Go's heap must stay small",
	"TestGatherInputsMemory":        "Go's heap must stay small",
	"TestOperatorFuzzChild":         "it has a process to itself",
	"TestProcess":                   "it has a process to itself",
}

// A test that counts native tensors has the collector off: what it frees of an earlier test would be missing.
func TestCountsAreATestsOwn(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			source, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(p.fset, name, source, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				test, ok := d.(*ast.FuncDecl)
				if !ok || !strings.HasPrefix(test.Name.Name, "Test") || countsAlone[test.Name.Name] != "" {
					continue
				}
				body := source[test.Body.Pos()-f.FileStart : test.Body.End()-f.FileStart]
				if bytes.Contains(body, []byte("LiveTensors()")) && !bytes.Contains(body, []byte("collector.Off(")) {
					t.Errorf("%s/%s: %s counts tensors and lacks collector.Off(t)", p.dir, name, test.Name.Name)
				}
			}
		}
	}
}
